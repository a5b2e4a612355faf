"""What a finished job reported and measured stays as it is, whatever code asks the database."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.services import project_delete
from tests.factory import Cast
from tests.training.jobs import bare_version, running_job
from training.models import JobEvent, JobMetric, JobQueryScore, TrainingJob

pytestmark = pytest.mark.django_db

ROWS: dict[str, Callable[[TrainingJob], models.Model]] = {
    "event": lambda job: JobEvent.objects.create(
        job=job, attempt=1, kind="log", data={"line": "x"}
    ),
    "metric": lambda job: JobMetric.objects.create(
        job=job, split="test", system=uuid.uuid4().hex, metric="nDCG@10", value=0.5, n=1
    ),
    "query score": lambda job: JobQueryScore.objects.create(
        job=job, split="test", system="model", query_id=uuid.uuid4().hex, values={"nDCG@10": 0.5}
    ),
}
CHANGES: dict[str, dict[str, Any]] = {
    "event": {"data": {"line": "all went well"}},
    "metric": {"value": 0.99},
    "query score": {"values": {"nDCG@10": 1.0}},
}


def finish(job: TrainingJob, status: str) -> None:
    if status == "succeeded":
        bare_version(job)
    for step in ("cancelling", status) if status == "cancelled" else (status,):
        job.status = step
        job.lease_expires_at = job.lease_expires_at if step == "cancelling" else None
        job.save(update_fields=["status", "lease_expires_at"])


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_finished_jobs_reports_are_as_they_are(cast: Cast, kind: str, status: str) -> None:
    job = running_job(cast.project)
    job.refresh_from_db()
    row = ROWS[kind](job)
    finish(job, status)
    rows = type(row)._default_manager.filter(pk=row.pk)
    attacks: list[tuple[str, Callable[[], object]]] = [
        ("reports nothing more", lambda: ROWS[kind](job)),
        ("is never rewritten", lambda: rows.update(**CHANGES[kind])),
        ("is never rewritten", lambda: rows.update(job=running_job(cast.project, reranker="b"))),
        ("is never deleted alone", rows.delete),
    ]
    for message, attack in attacks:
        with pytest.raises(IntegrityError, match=message), transaction.atomic():
            attack()
    project_delete(project=cast.project)
    connection.check_constraints()
    assert not rows.exists()


def test_a_running_job_adds_reports_and_rewrites_none(cast: Cast) -> None:
    job = running_job(cast.project)
    for kind, make in ROWS.items():
        rows = type(make(job))._default_manager.filter(job=job)
        with pytest.raises(IntegrityError, match="is never rewritten"), transaction.atomic():
            rows.update(**CHANGES[kind])
