"""A training that is interrupted anywhere ends with what it would have ended with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run

SPEC = tiny_spec(
    "balanced",
    num_train_epochs=3,
    eval_steps=5,
    logging_steps=3,
    gradient_accumulation_steps=2,
    early_stopping_patience=None,
    metric_for_best_model="average_precision",
)


class KilledError(Exception):
    """Stands for a process that is gone: nothing of ours catches it."""


@dataclass
class DyingReporter(RecordingReporter):
    """Ends the run at a step of training."""

    at: int = 0

    def progress(self, done: int, total: int) -> None:
        super().progress(done, total)
        if self.at and self.stages[-1] == "train" and done == self.at:
            raise KilledError


def run(
    folder: Path, work: Path, *, reporter: RecordingReporter | None = None, **changes: Any
) -> Outcome:
    spec = SPEC.from_dict({**SPEC.to_dict(), **changes})
    return recipe_run(
        snapshot=tiny_snapshot(train=tiny_pairs("train", 12)),
        spec=spec,
        base=tiny_base(folder.parent / f"base-{folder.name}"),
        folder=folder,
        reporter=reporter or RecordingReporter(),
        place=Place(work=work, device="cpu", checkpoint_seconds=0),
    )


def result(outcome: Outcome) -> tuple[bytes, Mapping[str, Any], Any, Any]:
    """Everything that two runs must share: weights, figures, and the training log."""
    weights = (outcome.folder / "model.safetensors").read_bytes()
    trials = [{**each, "seconds": 0} for each in outcome.facts["trials"]]
    return weights, outcome.evaluations, outcome.facts["log"], trials


def killed(folder: Path, work: Path, at: int, **changes: Any) -> RecordingReporter:
    reporter = DyingReporter(at=at)
    with pytest.raises(KilledError):
        run(folder, work, reporter=reporter, **changes)
    assert not folder.exists()
    return reporter


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("whole")
    return run(folder / "model", folder / "work")


@pytest.mark.parametrize("at", [1, 4, 8])
def test_a_run_that_died_at_a_step_ends_as_if_it_never_had(
    whole: Outcome, tmp_path: Path, at: int
) -> None:
    """Within an epoch, in the middle of a line of the log, and in a later epoch."""
    killed(tmp_path / "model", tmp_path / "work", at)
    reporter = RecordingReporter()
    outcome = run(tmp_path / "model", tmp_path / "work", reporter=reporter)
    # The checkpoint of a step follows what is told of it.
    steps = [done for stage, done, _ in reporter.done if stage == "train"]
    assert steps[0] == at - 1
    assert any(line.startswith(f"Going on after step {at - 1} ") for line in reporter.lines) == (
        at > 1
    )
    assert result(outcome) == result(whole)


def test_dying_again_and_again_changes_nothing(whole: Outcome, tmp_path: Path) -> None:
    for at in (2, 3, 5, 9):
        killed(tmp_path / "model", tmp_path / "work", at)
    assert result(run(tmp_path / "model", tmp_path / "work")) == result(whole)


def test_another_recipe_finds_no_checkpoint_of_this_one(tmp_path: Path) -> None:
    killed(tmp_path / "model", tmp_path / "work", 5)
    reporter = RecordingReporter()
    run(tmp_path / "model", tmp_path / "work", reporter=reporter, learning_rate=1e-3)
    assert not any("Going on" in line for line in reporter.lines)


def test_seeds_that_were_trained_are_not_trained_again(tmp_path: Path) -> None:
    folder, work = tmp_path / "model", tmp_path / "work"
    whole = run(tmp_path / "other", tmp_path / "elsewhere", seeds=2)
    once = killed_in_second_seed(folder, work)
    reporter = RecordingReporter()
    outcome = run(folder, work, reporter=reporter, seeds=2)
    assert result(outcome) == result(whole)
    begun = [total for stage, done, total in reporter.done if stage == "train" and done == 0]
    assert once == 2
    assert begun == []


def killed_in_second_seed(folder: Path, work: Path) -> int:
    """Die in the training of the second seed; returns how often training began."""

    @dataclass
    class Second(RecordingReporter):
        def progress(self, done: int, total: int) -> None:
            super().progress(done, total)
            begun = [1 for stage, n, _ in self.done if stage == "train" and n == 0]
            if len(begun) == 2 and done == 4:
                raise KilledError

    reporter = Second()
    with pytest.raises(KilledError):
        run(folder, work, reporter=reporter, seeds=2)
    return len([1 for stage, done, _ in reporter.done if stage == "train" and done == 0])


def test_no_pickle_is_written(tmp_path: Path) -> None:
    killed(tmp_path / "model", tmp_path / "work", 6)
    files = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert files
    assert {path.suffix for path in files} <= {".safetensors", ".json"}
