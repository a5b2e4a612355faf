"""What cannot work ends with a message for the user, and leaves nothing half-made behind."""

import errno
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.data import Snapshot
from training.ml.errors import (
    DataError,
    DivergedError,
    RecipeError,
    ResourceError,
    resource_error,
    resources_named,
)
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run
from training.ml.reporter import Reporter


def run(
    tmp_path: Path,
    snapshot: Snapshot | None = None,
    reporter: Reporter | None = None,
    **changes: object,
) -> Outcome:
    return recipe_run(
        snapshot=snapshot or tiny_snapshot(),
        spec=tiny_spec("agro", **changes),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "models" / "model",
        reporter=reporter or RecordingReporter(),
        place=Place(device="cpu"),
    )


def assert_nothing_left(tmp_path: Path) -> None:
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_an_empty_split_is_refused(tmp_path: Path, split: str) -> None:
    with pytest.raises(DataError, match=f"The {split} split is empty") as caught:
        run(tmp_path, tiny_snapshot(**{split: ()}))
    assert "Judge more queries" in caught.value.advice
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("relevant", "message"),
    [(False, "No passage of the train split is relevant"), (True, "carry the same label")],
)
def test_training_pairs_of_one_class_are_refused(
    tmp_path: Path, relevant: bool, message: str
) -> None:
    pairs = [
        replace(pair, relevant=relevant, target=float(relevant), gain=float(relevant))
        for pair in tiny_pairs("train", 4)
    ]
    with pytest.raises(DataError, match=message):
        run(tmp_path, tiny_snapshot(train=pairs), loss="BinaryCrossEntropyLoss")


@pytest.mark.parametrize(
    ("queries", "changes"),
    [
        (4, {"sweep": {"loss": ["MultipleNegativesRankingLoss", "BinaryCrossEntropyLoss"]}}),
        (1, {}),
    ],
    ids=["a sweep with a loss that needs others", "one query"],
)
def test_relevant_passages_without_any_to_tell_them_from_are_refused(
    tmp_path: Path, queries: int, changes: dict[str, Any]
) -> None:
    pairs = [pair for pair in tiny_pairs("train", queries) if pair.relevant]
    with pytest.raises(DataError, match="carry the same label"):
        run(tmp_path, tiny_snapshot(train=pairs), max_steps=2, **changes)
    assert_nothing_left(tmp_path)


MINES_NOTHING = {"mine_negatives": "bm25", "num_negatives": 2, "range_min": 98, "range_max": 100}


def test_relevant_passages_for_which_nothing_is_mined_are_held_against_each_other(
    tmp_path: Path,
) -> None:
    pairs = [pair for pair in tiny_pairs("train", 6) if pair.relevant]
    reporter = RecordingReporter()
    run(tmp_path, tiny_snapshot(train=pairs), reporter, max_steps=1, **MINES_NOTHING)
    assert any(line.startswith("Mined 0 passages") for line in reporter.lines)
    assert any(line.startswith("MultipleNegativesRankingLoss: ") for line in reporter.lines)


@pytest.mark.parametrize(
    ("queries", "changes", "message"),
    [
        (6, MINES_NOTHING | {"loss": "BinaryCrossEntropyLoss"}, "carry the same label, after"),
        (1, MINES_NOTHING, "one query has no passage to tell from others"),
    ],
    ids=["a loss that needs others", "one query"],
)
def test_relevant_passages_for_which_nothing_is_mined_are_refused(
    tmp_path: Path, queries: int, changes: dict[str, Any], message: str
) -> None:
    pairs = [pair for pair in tiny_pairs("train", queries) if pair.relevant]
    with pytest.raises(DataError, match=message):
        run(tmp_path, tiny_snapshot(train=pairs), max_steps=2, **changes)
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_split_in_which_nothing_is_relevant_is_refused(tmp_path: Path, split: str) -> None:
    pairs = [replace(p, relevant=False, target=0.0, gain=0.0) for p in tiny_pairs(split, 3)]
    with pytest.raises(DataError, match=f"No passage of the {split} split is relevant") as caught:
        run(tmp_path, tiny_snapshot(**{split: pairs}), max_steps=1)
    assert "freeze a snapshot with other shares" in caught.value.advice
    assert_nothing_left(tmp_path)


def test_a_dev_split_that_tells_nothing_apart_stops_no_training(tmp_path: Path) -> None:
    pairs = [pair for pair in tiny_pairs("dev", 6) if pair.relevant]
    reporter = RecordingReporter()
    looks = {"eval_strategy": "steps", "eval_steps": 2, "load_best_model_at_end": True}
    changes = looks | {"early_stopping_patience": 1, "max_steps": 12}
    outcome = run(tmp_path, tiny_snapshot(dev=pairs), reporter, **changes)
    assert outcome.facts["log"]["best_step"] is None
    assert outcome.log[-1]["Step"] == 12
    assert any("its last weights are kept" in line for line in reporter.lines)


def test_a_loss_that_is_no_number_stops_the_run_at_once(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    changes = {"learning_rate": 1.0, "max_grad_norm": 0, "pos_weight": 10_000, "max_steps": 4000}
    pairs = [replace(pair, target=1e38 * pair.target) for pair in tiny_pairs("train", 8)]
    with pytest.raises(DivergedError) as caught:
        run(tmp_path, tiny_snapshot(train=pairs), reporter, **changes)
    assert "Lower learning_rate" in caught.value.advice
    assert max(done for stage, done, _ in reporter.done if stage == "train") < 4000
    assert_nothing_left(tmp_path)


def test_a_base_with_broken_weights_is_no_crash(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    path = base.folder / "model.safetensors"
    weights = load_file(path)
    weights["classifier.weight"] = torch.full_like(weights["classifier.weight"], float("nan"))
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(DivergedError, match="scores are not numbers"):
        recipe_run(
            snapshot=tiny_snapshot(),
            spec=tiny_spec("agro"),
            base=base,
            folder=tmp_path / "models" / "model",
            reporter=RecordingReporter(),
            place=Place(device="cpu"),
        )
    assert_nothing_left(tmp_path)


class Interrupting(RecordingReporter):
    """Ends the run while it trains, as a cancelled job does."""

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        super().metric(step, epoch, values)
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, reporter=Interrupting())
    assert_nothing_left(tmp_path)


def test_a_finished_model_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "models" / "model").mkdir(parents=True)
    with pytest.raises(FileExistsError):
        run(tmp_path)


def test_memory_that_cannot_be_had_is_named_with_what_to_lower() -> None:
    with pytest.raises(ResourceError, match="out of memory") as caught, resources_named():
        torch.empty(2**50)
    assert "per_device_train_batch_size" in caught.value.advice
    assert isinstance(resource_error(MemoryError()), ResourceError)


def test_a_full_disk_is_named_whoever_reports_it() -> None:
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full")
    # Opened in place and by nothing else: what writes a file and renames it would replace the node.
    with (
        pytest.raises(ResourceError, match="disk is full"),
        resources_named(),
        full.open("w") as out,
    ):
        out.write("x")
    # safetensors reports the system's error as text of its own.
    wrapped = SafetensorError(
        "Error while serializing: I/O error: No space left on device (os error 28)"
    )
    assert isinstance(resource_error(wrapped), ResourceError)
    assert isinstance(resource_error(OSError(errno.EDQUOT, "quota")), ResourceError)


def test_other_errors_keep_their_type() -> None:
    assert resource_error(ValueError("no")) is None
    with pytest.raises(ZeroDivisionError), resources_named():
        raise ZeroDivisionError
    with pytest.raises(DataError), resources_named():
        raise DataError("out of memory", "is what the message says, not what happened")
    assert issubclass(ResourceError, RecipeError)
