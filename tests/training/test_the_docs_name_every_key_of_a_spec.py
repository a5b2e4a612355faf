"""The docs name every key of a spec with default and meaning."""

import json
from pathlib import Path

import pytest

from training.spec.base import Spec
from training.spec.evaluate import EvaluateSpec
from training.spec.field import SpecField
from training.spec.held_out import CurveSpec, DoubtSpec
from training.spec.losses import LOSSES
from training.spec.pool import PoolSpec
from training.spec.score import ScoreSpec
from training.spec.train import TrainSpec

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "spec"), [("pooling", PoolSpec), ("scoring", ScoreSpec)])
def test_the_table_of_keys_is_that_of_the_spec(page: str, spec: type[Spec]) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |" for key in spec.described()
    ]


def test_the_page_on_labels_has_the_keys_that_its_jobs_alone_know() -> None:
    text = (DOCS / "labels.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |"
        for spec in (CurveSpec, DoubtSpec)
        for key in spec.described()
        if key.group == "held out"
    ]


def _row(key: SpecField) -> str:
    return f"| `{key.name}` | `{json.dumps(key.json_schema()['default'])}` | {key.help} |\n"


def test_the_page_on_evaluation_has_every_key_of_one() -> None:
    text = (DOCS / "evaluation.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows[-len(list(EvaluateSpec.described())) :] == [
        _row(key).rstrip("\n") for key in EvaluateSpec.described()
    ]


def test_the_page_on_training_has_every_key_of_a_recipe_and_every_loss() -> None:
    text = (DOCS / "training.md").read_text("utf-8")
    for key in TrainSpec.described():
        assert _row(key) in text
    for loss in LOSSES.values():
        assert f"| `{loss.name}` | {loss.shape} | {loss.help} |\n" in text
