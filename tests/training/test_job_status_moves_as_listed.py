"""The database refuses moves of a job's status that are not listed, and changes of its task."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast
from tests.training.jobs import ready_snapshot
from training.models import JOB_MOVES, JOB_TERMINAL, JobStatus, TrainingJob

pytestmark = pytest.mark.django_db
LEASED = (JobStatus.RUNNING, JobStatus.CANCELLING)


def lease(status: str) -> Any:
    return Now() + timedelta(minutes=1) if status in LEASED else None


def job_in(cast: Cast, status: str) -> TrainingJob:
    reranker = reranker_ensure(project=cast.project, name="reranker", created_by=None)
    return TrainingJob.objects.create(
        id=uuid.uuid4(),
        project=cast.project,
        snapshot=ready_snapshot(cast.project),
        reranker=reranker,
        base_model="base",
        status=status,
        lease_expires_at=lease(status),
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
