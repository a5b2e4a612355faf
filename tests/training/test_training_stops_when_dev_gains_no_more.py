"""Patience ends a training, the best weights are kept, and several seeds show their spread."""

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_run import RecordingReporter, tiny_base, tiny_snapshot, tiny_spec
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run


def run(tmp_path: Path, reporter: RecordingReporter, **changes: Any) -> Outcome:
    return recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec("balanced", **changes),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )


def test_a_training_that_gains_nothing_is_stopped(tmp_path: Path) -> None:
    # Steps this small change no order.
    changes = {"learning_rate": 1e-12, "num_train_epochs": 9, "eval_steps": 2}
    reporter = RecordingReporter()
    outcome = run(tmp_path, reporter, **changes, early_stopping_patience=2)
    measured = [line["Step"] for line in outcome.log if "dev_ndcg@10" in line]
    assert measured == [2, 4, 6]
    assert outcome.facts["log"]["best_step"] == 2
    assert outcome.facts["trials"][0]["steps"] == 6
    steps = 9 * -(-len(tiny_snapshot().splits["train"]) // 16)
    assert f"Stopped after step 6 of {steps}: dev gained no more in 2 looks." in reporter.lines
    assert any(line.startswith("The weights of step 2 are kept; dev") for line in reporter.lines)
    # The kept weights are measured once more; the curve has each step once, with what it came to.
    told = [(step, each) for step, _, each in reporter.metrics if "dev_ndcg@10" in each]
    assert [step for step, _ in told] == measured
    log = {line["Step"]: line["dev_ndcg@10"] for line in outcome.log if "dev_ndcg@10" in line}
    assert log == {step: each["dev_ndcg@10"] for step, each in told}


def test_of_several_seeds_the_best_on_dev_is_kept_and_all_are_told(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    outcome = run(tmp_path, reporter, seeds=3, learning_rate=1e-3, num_train_epochs=1)
    trials = outcome.facts["trials"]
    assert [dict(each["changes"]) for each in trials] == [{"seed": n} for n in (42, 43, 44)]
    values = [dict(each["values"])["dev_ndcg@10"] for each in trials]
    assert len(set(values)) > 1
    (chosen,) = [each["number"] for each in trials if each["chosen"]]
    assert values[chosen - 1] == max(values)
    rows = {
        row.metric: row.value for row in outcome.evaluations["dev"].rows if row.system == "model"
    }
    assert rows["nDCG@10"] == pytest.approx(max(values))
    states = [(number, state) for number, _, _, state, _, _ in reporter.trials]
    told = [(number, state) for number in (1, 2, 3) for state in ("running", "done")]
    assert states == [*told, (chosen, "best")]
    assert any(
        line == f"Trial {chosen} of 3 is the best on dev: seed {41 + chosen}."
        for line in reporter.lines
    )
