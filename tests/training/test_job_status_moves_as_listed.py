"""The database refuses moves of a job's status that are not listed, and changes of its task."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from accounts.models import Project
from accounts.services import project_delete
from annotate.models import Snapshot
from models_app.models import Version
from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast
from tests.models_app.published import version_row
from tests.training.jobs import bare_version, ready_snapshot
from training.models import JOB_MOVES, JOB_TERMINAL, JobEvent, JobStatus, TrainingJob

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


def job_in(cast: Cast, status: str, end: str = "") -> TrainingJob:
    """Return a job that has come to `status` along the listed moves; with the version without
    which it could not, or not go on to `end`."""
    job = queued(cast)
    for step in WAYS[JobStatus(status)]:
        move(job, step)
        if step == JobStatus.RUNNING and JobStatus.SUCCEEDED in (status, end):
            bare_version(job)
    job.refresh_from_db()
    return job


def move(job: TrainingJob, to: str) -> int:
    """Give a job its next status, as a claim does where it begins to run."""
    change: dict[str, Any] = {"status": to, "lease_expires_at": lease(to)}
    if to == JobStatus.RUNNING:
        change["attempt"] = Case(When(status=to, then=F("attempt")), default=F("attempt") + 1)
    return TrainingJob.objects.filter(pk=job.pk).update(**change)


def queued(cast: Cast, **fields: Any) -> TrainingJob:
    reranker = reranker_ensure(project=cast.project, name="reranker", created_by=None)
    return TrainingJob.objects.create(
        **{
            "id": uuid.uuid4(),
            "project": cast.project,
            "snapshot": ready_snapshot(cast.project),
            "reranker": reranker,
            "base_model": "base",
            **fields,
        }
    )


@pytest.mark.parametrize("start", JobStatus.values)
def test_only_listed_moves_pass(cast: Cast, start: str) -> None:
    Project.objects.update(running_jobs=len(JobStatus.values))
    allowed = {start, *JOB_MOVES.get(JobStatus(start), ())}
    for end in JobStatus.values:
        job = job_in(cast, start, end)
        if end in allowed:
            assert move(job, end) == 1
            continue
        with pytest.raises(IntegrityError, match="cannot move"), transaction.atomic():
            move(job, end)


@pytest.mark.parametrize("start", ["running", "cancelling"])
def test_success_without_a_version_is_refused(cast: Cast, start: str) -> None:
    job = queued(cast)
    bare_version(job_in(cast, "running"))  # another job's is not enough
    for step in WAYS[JobStatus(start)]:
        move(job, step)
    with pytest.raises(IntegrityError, match="published no version"), transaction.atomic():
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
    for change in ({"status": "running", "attempt": 1}, {"lease_expires_at": Now()}):
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


def test_a_job_its_snapshot_and_its_reranker_are_of_one_project(cast: Cast) -> None:
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    other = reranker_ensure(project=elsewhere, name="reranker", created_by=None)
    strays: list[dict[str, Any]] = [
        {"project": elsewhere},
        {"reranker": other},
        {"snapshot": ready_snapshot(elsewhere)},
        {"snapshot": Snapshot.objects.create(project=cast.project)},  # not frozen
    ]
    for stray in strays:
        with pytest.raises(IntegrityError, match="of one project"), transaction.atomic():
            queued(cast, **stray)
    queued(cast)


@pytest.mark.parametrize("status", [each for each in JobStatus.values if each != "running"])
def test_a_version_is_published_by_a_running_job_only(cast: Cast, status: str) -> None:
    job = queued(cast)
    for step in WAYS[JobStatus(status)]:
        if step == JobStatus.SUCCEEDED:
            bare_version(job)
        move(job, step)
    other = reranker_ensure(project=cast.project, name="other", created_by=None)
    before = Version.objects.count()
    rows: list[dict[str, Any]] = [{"job": job.pk}, {"job": uuid.uuid4()}]
    rows += [{"job": job_in(cast, "running").pk, "reranker": other, "number": 1}]
    number = job.parts[1].versions.count() + 1
    for row in rows:
        with pytest.raises(IntegrityError, match="is running that publishes"), transaction.atomic():
            version_row(**{"reranker": job.reranker, "number": number, "revision": "9" * 40, **row})
    version_row(reranker=job.reranker, number=number, revision="9" * 40)  # from elsewhere
    assert Version.objects.count() == before + 1


@pytest.mark.parametrize("status", JobStatus.values)
def test_a_job_leaves_with_its_project_only(cast: Cast, status: str) -> None:
    job = job_in(cast, status)
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        job.delete()
    project_delete(project=cast.project)
    assert not TrainingJob.objects.exists()


def test_a_succeeded_job_is_pointed_nowhere_else(cast: Cast) -> None:
    job = job_in(cast, "succeeded")
    other = reranker_ensure(project=cast.project, name="other", created_by=None)
    changes: list[dict[str, Any]] = [
        {"reranker": other},
        {"snapshot": ready_snapshot(cast.project)},
        {"id": uuid.uuid4()},
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            TrainingJob.objects.filter(pk=job.pk).update(**change)


def test_each_claim_counts_one_attempt_and_nothing_else_does(cast: Cast) -> None:
    waiting, running = job_in(cast, "queued"), job_in(cast, "running")
    claimed = {"status": "running", "lease_expires_at": lease("running")}
    wrongs: list[tuple[TrainingJob, dict[str, Any]]] = [
        (waiting, claimed),
        (waiting, {**claimed, "attempt": 2}),
        (waiting, {"attempt": 1}),
        (running, {"attempt": 2}),
        (running, {"attempt": 0}),
        (running, {"status": "queued", "lease_expires_at": None, "attempt": 0}),
    ]
    for job, wrong in wrongs:
        with pytest.raises(IntegrityError, match="counts one attempt"), transaction.atomic():
            TrainingJob.objects.filter(pk=job.pk).update(**wrong)
    assert (move(waiting, "running"), move(running, "queued"), move(running, "running")) == (1,) * 3


@pytest.mark.parametrize("end", ["queued", "failed", "cancelled"])
def test_a_job_with_a_version_ends_as_succeeded(cast: Cast, end: str) -> None:
    job = job_in(cast, "running")
    bare_version(job)
    if end == "cancelled":
        move(job, "cancelling")
    with pytest.raises(IntegrityError, match="has published its version"), transaction.atomic():
        move(job, end)
    assert move(job, "succeeded") == 1


def test_kinds_and_stages_are_those_there_are(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="job_kind_known"), transaction.atomic():
        queued(cast, kind="other")
    with pytest.raises(IntegrityError, match="job_stage_known"), transaction.atomic():
        queued(cast, stage="other")
    with pytest.raises(IntegrityError, match="job_event_kind_known"), transaction.atomic():
        JobEvent.objects.create(job=queued(cast), attempt=0, kind="other", data={})
