"""The pool tool keeps grades, replaces the runs, and writes the file that is shipped."""

from importlib.resources import files
from pathlib import Path

import pytest

from training.sample import Judgment, Run, sample_judgments
from training.sample.pool import judgments_with_runs, judgments_write
from training.sample.pooling import PooledCandidate, Proposal

pytestmark = pytest.mark.slow  # the tool imports torch


def test_the_shipped_file_is_what_the_tool_writes(tmp_path: Path) -> None:
    written = tmp_path / "judgments.jsonl"
    judgments_write(written, sample_judgments()[::-1])
    assert written.read_bytes() == files("training.sample").joinpath("judgments.jsonl").read_bytes()


def test_a_new_pool_replaces_the_runs_and_keeps_grades_and_known_items() -> None:
    known = (Run("known-item", None, None),)
    judgments = [
        Judgment("q", "pooled", 2, (Run("bm25", 9, 1.0),)),
        Judgment("q", "left", 1, (Run("bm25", 10, 0.5),)),
        Judgment("q", "known", 3, known),
        Judgment("q", "found at last", 3, known),
    ]
    pool = {
        ("q", "pooled"): PooledCandidate(4, (Proposal("bm25", 1, 3.14159),)),
        ("q", "found at last"): PooledCandidate(5, (Proposal("bi-encoder", 2, 0.5),)),
    }
    assert judgments_with_runs(judgments, pool) == [
        Judgment("q", "pooled", 2, (Run("bm25", 1, 3.1416),)),
        Judgment("q", "left", 1),
        Judgment("q", "known", 3, known),
        Judgment("q", "found at last", 3, (Run("bi-encoder", 2, 0.5),)),
    ]
