"""Each loss that a recipe may name trains a model that then ranks better than its base."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.models.load import base_load
from training.ml.recipe.asked import Place
from training.ml.recipe.learning import NOTHING, lesson_make, loss_of
from training.ml.recipe.losses import loss_build
from training.ml.recipe.run import recipe_run
from training.ml.sets.shapes import IN_BATCH, rows_per_step
from training.spec.base import SpecError
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


def _relevant_only() -> Snapshot:
    pairs = [pair for pair in tiny_pairs("train", 20) if pair.relevant]
    return tiny_snapshot(train=pairs)


def test_relevant_passages_alone_are_held_against_those_of_other_queries(tmp_path: Path) -> None:
    """To match words takes a larger model than this: only that it trains is shown here."""
    splits = {name: [pair for pair in tiny_pairs(name, 20) if pair.relevant] for name in
              ("train", "test")}  # fmt: skip
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(**splits),
        spec=tiny_spec("agro", max_steps=8),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    assert outcome.facts["training_set"]["loss"] == "MultipleNegativesRankingLoss"
    losses = [values["loss"] for _, _, values in reporter.metrics if "loss" in values]
    # A relevant passage among three or four others, which it does not know apart yet.
    assert losses[0] == pytest.approx(np.log(4), abs=0.3)
    assert any(line.startswith("All pairs of the test split are relevant") for line in
               reporter.lines)  # fmt: skip


def test_soft_targets_become_the_grades_of_the_scheme_where_they_are_classes(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    soft = [
        replace(pair, target=abs(pair.target - 0.2 * rng.random())) for pair in graded("train", 12)
    ]
    manifest = {"digest": "5eed", "label_scheme": [{"target": t} for t in (0.0, 0.5, 1.0)]}
    spec = tiny_spec("agro", loss="CrossEntropyLoss")
    lesson = lesson_make(Snapshot(manifest, {"train": soft}), spec, NOTHING)
    assert list(lesson.shaped.classes) == [0.0, 0.5, 1.0]
    with pytest.raises(DataError, match="different targets, which are no classes"):
        lesson_make(Snapshot({}, {"train": soft}), spec, NOTHING)


def test_passages_of_other_rows_count_as_pairs_of_a_step(tmp_path: Path) -> None:
    spec = tiny_spec("agro", loss="MultipleNegativesRankingLoss", num_negatives=2)
    shaped = lesson_make(tiny_snapshot(), spec, NOTHING).shaped
    # A relevant passage, two others of its query and four of other rows.
    assert rows_per_step(shaped, 35) == 5
    # Two rows have no more than three passages of each other: 2 x (3 + 3).
    assert [rows_per_step(shaped, pairs) for pairs in (20, 12, 11, 1)] == [2, 2, 1, 1]
    alone = lesson_make(_relevant_only(), tiny_spec("agro"), NOTHING).shaped
    # Without others of its own a passage needs those of a second row: 2 x (1 + 1).
    assert [rows_per_step(alone, pairs) for pairs in (50, 16, 9, 4, 1)] == [10, 4, 3, 2, 2]


@pytest.mark.parametrize(
    "name", [name for name, loss in LOSSES.items() if loss.shape == "triplets"]
)
def test_a_step_reads_no_more_pairs_than_are_counted(tmp_path: Path, name: str) -> None:
    spec = tiny_spec("agro", loss=name, num_negatives=2)
    model = base_load(tiny_base(tmp_path / "base"), seed=1, max_length=64, device="cpu")
    rows = 8
    columns = lesson_make(tiny_snapshot(), spec, NOTHING).shaped.dataset[:rows]
    loss_build(model, name, spec).train()(list(columns.values()), None)
    # A relevant passage, two others of its query and four of other rows; not all of these.
    assert model.read[0] == rows * (1 + 2 + IN_BATCH)


def test_a_weight_of_positives_that_the_chosen_loss_does_not_know_is_told() -> None:
    spec = TrainSpec.from_dict({"pos_weight": 3})
    assert "pos_weight" not in loss_of(tiny_snapshot(), spec, NOTHING).reason
    relevant = [pair for pair in tiny_pairs("train", 8) if pair.relevant]
    chosen = loss_of(tiny_snapshot(train=relevant), spec, NOTHING)
    assert (chosen.name, chosen.reason[-24:]) == (
        "MultipleNegativesRankingLoss",
        " It knows no pos_weight.",
    )
    for recipe in ({"loss": "LambdaLoss"}, {"teacher": "team/name@v1"}):
        with pytest.raises(SpecError) as caught:
            TrainSpec.from_dict({"pos_weight": 3, **recipe})
        assert set(caught.value.errors) == {"pos_weight"}
