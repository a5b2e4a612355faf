"""Each loss that a recipe may name trains a model that then ranks better than its base."""

from dataclasses import replace
from pathlib import Path

import pytest
from sentence_transformers import CrossEncoder

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.data import Pair
from training.ml.recipe.asked import Place
from training.ml.recipe.run import recipe_run
from training.spec.losses import LOSSES
from training.spec.train import TrainSpec


def graded(split: str, queries: int) -> tuple[Pair, ...]:
    """Relevant passages, some that are so in part, and others."""
    found = []
    for place, pair in enumerate(tiny_pairs(split, queries)):
        half = not pair.relevant and place % 2
        text = pair.text.replace("close", "open and close") if half else pair.text
        target = 0.5 if half else pair.target
        found.append(replace(pair, text=text, target=target, gain=target, grade=2 * target))
    return tuple(found)


@pytest.mark.parametrize("loss", LOSSES)
def test_it_learns(tmp_path: Path, loss: str) -> None:
    snapshot = tiny_snapshot(**{name: graded(name, 12) for name in ("train", "dev", "test")})
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=snapshot,
        spec=tiny_spec("agro", loss=loss, num_train_epochs=6, learning_rate=5e-3),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    rows = [row for row in outcome.evaluations["test"].rows if row.metric == "nDCG@10"]
    values = {row.system: row.value for row in rows}
    assert values["model"] > values["base"] + 0.1, (values, outcome.facts["log"])
    assert outcome.facts["loss"]["name"] == loss
    assert outcome.facts["training_set"]["shape"] == LOSSES[loss].shape
    assert f"{loss}: The recipe says so." in reporter.lines
    model = CrossEncoder(str(outcome.folder), device="cpu")
    assert model.num_labels == 1
    scores = model.predict([("how to read a file 1", "open and read the file"), ("x", "close")])
    assert all(0 <= score <= 1 for score in scores)


def test_without_a_name_the_data_choose(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(),
        spec=TrainSpec.from_dict({**tiny_spec("agro").to_dict(), "max_steps": 1}),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    assert outcome.facts["training_set"]["loss"] == "BinaryCrossEntropyLoss"
    assert "BinaryCrossEntropyLoss: It is the steadiest with judged pairs." in reporter.lines
