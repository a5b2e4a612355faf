"""Who runs a job: the claim, its lease on the database's clock, and what the holder reports.

A claim is a job's id and attempt. Every write of a running process names both, so that a process
that lost its job (its lease ran out and another took over) can change nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from accounts.models import Project
from training.kinds import Stage
from training.models import (
    HELD,
    EventKind,
    JobEvent,
    JobStatus,
    TrainingJob,
    TrainingJobQuerySet,
)
from training.selectors.queueing import may_run
from training.services.enqueuing import project_turn


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job; `attempt` tells an old holder from the present one."""

    job_id: UUID
    attempt: int

    def rows(self) -> TrainingJobQuerySet:
        """The job's row as long as this claim holds, else none."""
        return TrainingJob.objects.filter(pk=self.job_id, attempt=self.attempt, status__in=HELD)


class LostClaimError(Exception):
    """The job is no longer ours: it was cancelled, or another process runs it."""


@dataclass(slots=True)
class Report:
    """What a process has to tell since its last report; all but `events` only if changed.

    `pace` goes with `done` and is not told alone.
    """

    stage: str | None = None
    done: int | None = None
    total: int | None = None
    base_used: dict[str, Any] | None = None
    memory: dict[str, Any] | None = None
    checkpoint: dict[str, Any] | None = None
    pace: float | None = None
    events: list[tuple[EventKind, dict[str, Any]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        changed = (self.stage, self.done, self.base_used, self.memory, self.checkpoint)
        return any(each is not None for each in changed) or bool(self.events)


def job_claim(*, job_id: UUID, worker: str) -> Claim | None:
    """Take a queued job for the process named `worker`.

    None where it is not waiting, and where its project runs as many jobs as it may.
    """
    with transaction.atomic():
        if not _project_has_room(job_id):
            return None
        taken = TrainingJob.objects.filter(pk=job_id, status=JobStatus.QUEUED).update(
            status=JobStatus.RUNNING,
            attempt=F("attempt") + 1,
            worker=worker,
            stage=Stage.CLAIM,
            done=0,
            total=0,
            pace=None,
            memory=None,
            base_used=None,
            heartbeat_at=Now(),
            lease_expires_at=lease_end(),
            started_at=Now(),
            error="",
            traceback="",
        )
        if not taken:
            return None
        attempt = TrainingJob.objects.values_list("attempt", flat=True).get(pk=job_id)
        claim = Claim(job_id, attempt)
        events_add(claim, [(EventKind.STAGE, {"stage": Stage.CLAIM.value})])
        return claim


def _project_has_room(job_id: UUID) -> bool:
    """Say whether one more job of this job's project may run; no other is claimed meanwhile."""
    waiting = TrainingJob.objects.filter(pk=job_id, status=JobStatus.QUEUED)
    project_id = waiting.values_list("project_id", flat=True).first()
    if project_id is None:
        return False
    project_turn(project_id)
    project = Project.objects.only("running_jobs").get(pk=project_id)
    return project.training_jobs.filter(status__in=HELD).count() < may_run(project)


def claim_of(*, job_id: UUID, worker: str) -> Claim | None:
    """Return the claim that the process named `worker` still holds, if any."""
    row = TrainingJob.objects.filter(pk=job_id, worker=worker, status__in=HELD)
    attempt = row.values_list("attempt", flat=True).first()
    return None if attempt is None else Claim(job_id, attempt)


def job_heartbeat(*, claim: Claim) -> JobStatus | None:
    """Renew the lease and return the status; None once the claim is lost.

    The lease of a job that is being cancelled is not renewed: its process has to end.
    """
    return _touch(
        claim,
        heartbeat_at=Now(),
        lease_expires_at=Case(
            When(status=JobStatus.RUNNING, then=lease_end()), default=F("lease_expires_at")
        ),
    )


def job_report(*, claim: Claim, report: Report) -> JobStatus | None:
    """Store a report and return the status; None, and nothing stored, once the claim is lost."""
    changed: dict[str, Any] = {}
    if report.stage is not None:
        changed |= {"stage": report.stage, "done": 0, "total": 0, "pace": None}
    if report.done is not None and report.total is not None:
        changed |= {"done": min(report.done, report.total), "total": report.total}
        changed |= {"pace": report.pace}
    if report.memory is not None:
        changed["memory"] = report.memory
    if report.base_used is not None:
        changed["base_used"] = report.base_used
    if report.checkpoint is not None:
        changed["checkpoint"] = report.checkpoint
    with transaction.atomic():
        # The update locks the row, so the ids of a job's events grow in the order of commits.
        status = _touch(claim, **(changed or {"heartbeat_at": Now()}))
        if status is not None:
            events_add(claim, report.events)
    return status


def job_status(*, claim: Claim) -> JobStatus | None:
    """Return the status without writing; None once the claim is lost."""
    found = claim.rows().values_list("status", flat=True).first()
    return None if found is None else JobStatus(found)


def events_add(claim: Claim, events: Sequence[tuple[EventKind, dict[str, Any]]]) -> None:
    """Add events; the caller's transaction has changed or locked the job's row before."""
    JobEvent.objects.bulk_create(
        JobEvent(job_id=claim.job_id, attempt=claim.attempt, kind=kind, data=data)
        for kind, data in events
    )


def lease_end() -> Combinable:
    """Return when a lease that is taken now runs out."""
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _touch(claim: Claim, **changed: Any) -> JobStatus | None:
    with transaction.atomic():
        return job_status(claim=claim) if claim.rows().update(**changed) else None
