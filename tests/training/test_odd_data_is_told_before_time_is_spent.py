"""What makes a run worth little is said when it begins; what cannot work is refused there."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.data import Snapshot
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run


def run(tmp_path: Path, snapshot: Snapshot) -> tuple[Outcome, list[str]]:
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=snapshot,
        spec=tiny_spec("agro", max_steps=2),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    return outcome, reporter.lines


def test_a_passage_of_a_million_characters_costs_seconds_and_is_told(tmp_path: Path) -> None:
    splits = {name: tiny_pairs(name, 6) for name in ("train", "dev", "test")}
    usual, _ = run(tmp_path / "usual", tiny_snapshot(**splits))
    for name, (first, *others) in splits.items():
        splits[name] = (replace(first, text="open and read the file " * 43_479), *others)
    outcome, lines = run(tmp_path, tiny_snapshot(**splits))
    assert "The longest passage has 1,000,017 characters; only its beginning is read." in lines
    assert any(
        line.startswith("3% of the training pairs are longer than 64 tokens") for line in lines
    )
    assert sum(outcome.timings.values()) < sum(usual.timings.values()) + 15


def test_one_query_in_a_split_is_called_what_it_is(tmp_path: Path) -> None:
    splits = {name: tiny_pairs(name, 1) for name in ("train", "dev", "test")}
    outcome, lines = run(tmp_path, tiny_snapshot(**splits))
    for split in splits:
        assert any(line.startswith(f"The {split} split has one query") for line in lines)
    assert any(line.startswith("Only 2 of the 6 training pairs are relevant") for line in lines)
    rows = [row for row in outcome.evaluations["test"].rows if row.metric == "nDCG@10"]
    assert rows
    assert all(row.low is None for row in rows)  # one query has no interval


def test_texts_with_two_grades_are_counted(tmp_path: Path) -> None:
    train = tiny_pairs("train", 8)
    twin = replace(train[0], passage_id="twin", target=1 - train[0].target)
    _, lines = run(tmp_path, tiny_snapshot(train=(*train, twin)))
    assert "2 training pairs have the texts of another one and a different grade." in lines


def test_a_base_that_scores_everything_alike_gains_nothing_from_ties(tmp_path: Path) -> None:
    """Equal texts cannot be told apart: all ties, whose order favours nobody."""
    splits = {
        name: tuple(replace(pair, title="", text="the same") for pair in tiny_pairs(name, 8))
        for name in ("train", "dev", "test")
    }
    outcome, lines = run(tmp_path, tiny_snapshot(**splits))
    assert (
        "In 8 of 8 queries of the test split all passages read the same: no model can order them."
    ) in lines
    rows = {
        row.system: row.value for row in outcome.evaluations["test"].rows if row.metric == "nDCG@10"
    }
    assert rows["model"] == rows["base"] == rows["bm25"]
    assert rows["model"] == pytest.approx(rows["random_order"], abs=0.2)
