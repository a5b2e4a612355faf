"""What is left of trainings that did not come to their end, and may go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from training.continuing import Checkpoint
from training.models import JobStatus, TrainingJob
from training.spec.sets import CORPUS
from training.spec.train import TrainSpec

UNFINISHED: Final = (JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that a new job may go on from, and until when it is kept."""

    checkpoint: Checkpoint
    until: datetime


def kept_of(job: TrainingJob) -> Kept | None:
    """Return what a cancelled or failed training goes on from; None where there is nothing.

    That is where no checkpoint was written, its time is over, another job has gone on from it, or
    something was erased from what it trained on.
    """
    if job.checkpoint is None or job.status not in UNFINISHED or job.finished_at is None:
        return None
    until = job.finished_at + timedelta(days=settings.JOB_KEEP_DAYS)
    if _erased(job) or until <= timezone.now() or continuation_of(job) is not None:
        return None
    return Kept(Checkpoint.from_dict(job.checkpoint), until)


def _erased(job: TrainingJob) -> bool:
    """Say whether something is gone of what the job trained on: its snapshot, or a whole corpus."""
    if job.snapshot is not None and job.snapshot.redacted > 0:
        return True
    corpus = job.recipe.get("mine_from") == CORPUS or _silver(job)
    return corpus and job.project.erasures.filter(finished_at__gte=job.created_at).exists()


def _silver(job: TrainingJob) -> bool:
    """Say whether what a job kept has learned from made-up queries of the whole corpus."""
    fresh = bool((job.base_used or {}).get("fresh_head"))
    return TrainSpec.from_dict(job.recipe).silver_wanted(fresh_head=fresh)


def continuation_of(job: TrainingJob) -> TrainingJob | None:
    """Return the job that goes on with this one."""
    found: TrainingJob | None = getattr(job, "continued_by", None)
    return found


def last_of(job: TrainingJob) -> TrainingJob:
    """Return the end of the chain of jobs that go on with this one, which may be itself."""
    while (after := continuation_of(job)) is not None:
        job = after
    return job


def ancestors_of(job: TrainingJob) -> Iterator[TrainingJob]:
    """Return the jobs that this one goes on with, the nearest first."""
    while job.continues is not None:
        job = job.continues
        yield job
