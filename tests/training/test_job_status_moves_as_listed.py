"""The database refuses moves of a job's status that are not listed, and changes of its task."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.services import project_delete
from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast
from tests.training.jobs import bare_version, ready_snapshot
from training.models import JOB_MOVES, JOB_TERMINAL, JobStatus, TrainingJob

pytestmark = pytest.mark.django_db
LEASED = (JobStatus.RUNNING, JobStatus.CANCELLING)
WAYS: dict[JobStatus, tuple[JobStatus, ...]] = {
    JobStatus.QUEUED: (),
    JobStatus.RUNNING: (JobStatus.RUNNING,),
    JobStatus.CANCELLING: (JobStatus.RUNNING, JobStatus.CANCELLING),
    JobStatus.SUCCEEDED: (JobStatus.RUNNING, JobStatus.SUCCEEDED),
    JobStatus.FAILED: (JobStatus.FAILED,),
    JobStatus.CANCELLED: (JobStatus.CANCELLED,),
}


def lease(status: str) -> Any:
    return Now() + timedelta(minutes=1) if status in LEASED else None


def job_in(cast: Cast, status: str) -> TrainingJob:
    """Return a job that has come to `status` along the listed moves, and that has a version."""
    job = queued(cast)
    bare_version(job)
    for step in WAYS[JobStatus(status)]:
        TrainingJob.objects.filter(pk=job.pk).update(status=step, lease_expires_at=lease(step))
    job.refresh_from_db()
    return job


def queued(cast: Cast, **fields: Any) -> TrainingJob:
    reranker = reranker_ensure(project=cast.project, name="reranker", created_by=None)
    return TrainingJob.objects.create(
        id=uuid.uuid4(),
        project=cast.project,
        snapshot=ready_snapshot(cast.project),
        reranker=reranker,
        base_model="base",
        **fields,
    )


@pytest.mark.parametrize("start", JobStatus.values)
def test_only_listed_moves_pass(cast: Cast, start: str) -> None:
    allowed = {start, *JOB_MOVES.get(JobStatus(start), ())}
    for end in JobStatus.values:
        job = job_in(cast, start)
        change = {"status": end, "lease_expires_at": lease(end)}
        if end in allowed:
            assert TrainingJob.objects.filter(pk=job.pk).update(**change) == 1
            continue
        with pytest.raises(IntegrityError, match="cannot move"), transaction.atomic():
            TrainingJob.objects.filter(pk=job.pk).update(**change)


@pytest.mark.parametrize("start", ["running", "cancelling"])
def test_success_without_a_version_is_refused(cast: Cast, start: str) -> None:
    job = queued(cast)
    bare_version(queued(cast))  # another job's is not enough
    for step in WAYS[JobStatus(start)]:
        TrainingJob.objects.filter(pk=job.pk).update(status=step, lease_expires_at=lease(step))
    with pytest.raises(IntegrityError, match="published no version"), transaction.atomic():
        TrainingJob.objects.filter(pk=job.pk).update(status="succeeded", lease_expires_at=None)
    bare_version(job)
    TrainingJob.objects.filter(pk=job.pk).update(status="succeeded", lease_expires_at=None)


def test_terminal_states_have_no_way_out() -> None:
    assert not JOB_TERMINAL & JOB_MOVES.keys()


@pytest.mark.parametrize(
    "change", [{"recipe": {"seed": 1}}, {"base_model": "other"}, {"kind": "other"}]
)
def test_what_a_job_runs_is_fixed(cast: Cast, change: dict[str, Any]) -> None:
    job = job_in(cast, "queued")
    with pytest.raises(IntegrityError, match="is fixed"), transaction.atomic():
        TrainingJob.objects.filter(pk=job.pk).update(**change)


def test_a_running_job_has_a_lease_and_no_other_has_one(cast: Cast) -> None:
    job = job_in(cast, "queued")
    for change in ({"status": "running"}, {"lease_expires_at": Now()}):
        with pytest.raises(IntegrityError, match="leased"), transaction.atomic():
            TrainingJob.objects.filter(pk=job.pk).update(**change)


@pytest.mark.parametrize("status", [each for each in JobStatus.values if each != "queued"])
def test_a_job_starts_as_queued(cast: Cast, status: str) -> None:
    with pytest.raises(IntegrityError, match="starts as queued"), transaction.atomic():
        queued(cast, status=status, lease_expires_at=lease(status))
    assert not TrainingJob.objects.exists()


@pytest.mark.parametrize("status", sorted(JOB_TERMINAL))
@pytest.mark.parametrize(
    "change", [{"error": "Another story."}, {"attempt": 7}, {"finished_at": Now()}, {"total": 1}]
)
def test_a_finished_job_never_changes(cast: Cast, status: str, change: dict[str, Any]) -> None:
    job = job_in(cast, status)
    TrainingJob.objects.filter(pk=job.pk).update(status=status)  # which changes nothing
    with pytest.raises(IntegrityError, match="finished and never changes"), transaction.atomic():
        TrainingJob.objects.filter(pk=job.pk).update(**change)


def test_who_asked_for_a_finished_job_can_be_deleted(cast: Cast) -> None:
    job = queued(cast, created_by=cast.outsider)
    TrainingJob.objects.update(status="failed")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        TrainingJob.objects.update(created_by=cast.manager)
    TrainingJob.objects.update(created_by=None)
    job.refresh_from_db()
    assert job.created_by is None
    project_delete(project=cast.project)
    assert not TrainingJob.objects.exists()
