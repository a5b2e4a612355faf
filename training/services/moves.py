"""Every move of a job's status after its claim, each with a line that people read.

A claim that is lost by then changes nothing: the functions return False.
"""

from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from training.continuing import Checkpoint
from training.kinds import Stage
from training.models import HELD, JOB_TERMINAL, EventKind, JobStatus, TrainingJob
from training.paths import paths_hidden
from training.retrying import memory_advice
from training.selectors.jobs import version_of
from training.services.bell import job_ring
from training.services.claims import Claim, events_add

CRASHED: Final = (
    "The job crashed: this is a fault of Arbiter or of one of its libraries, not of your data. "
    "The project's managers see the traceback below; report it, and start the job again."
)
NO_MEMORY: Final = "Most likely the machine ran out of memory."


def status_move(job: TrainingJob, to: JobStatus, **changed: Any) -> None:
    """Write a job's next status; its row is locked by the caller, the trigger knows the moves.

    What the log says of an end is added before it: a finished job reports nothing more.
    """
    if to not in HELD:
        changed["lease_expires_at"] = None
    if to in JOB_TERMINAL:
        changed["finished_at"] = Now()
    TrainingJob.objects.filter(pk=job.pk).update(status=to, **changed)


def note_add(job: TrainingJob, line: str) -> None:
    """Add a line to a job's log; the caller has locked its row."""
    events_add(Claim(job.pk, job.attempt), [(EventKind.LOG, {"line": line})])


@transaction.atomic
def job_fail(
    *,
    claim: Claim,
    message: str,
    traceback: str = "",
    out_of_memory: bool = False,
    again: bool = True,
) -> bool:
    """End a job with a message for its user; with a traceback where it crashed.

    Where it ran `out_of_memory`, the message goes on with what it had and what to try next. Not
    `again`: what it kept leads nowhere else.
    """
    job = held(claim)
    if job is None:
        return False
    if job.status == JobStatus.CANCELLING:
        return _cancelled(job)
    if out_of_memory:
        message = f"{message} {memory_advice(job.recipe)}"
    message = paths_hidden(message)
    note_add(job, f"Failed: {message}")
    ended = {"error": message, "traceback": traceback, "out_of_memory": out_of_memory}
    if not again:
        ended["checkpoint"] = None
    status_move(job, JobStatus.FAILED, **ended)
    return True


@transaction.atomic
def job_stop(*, claim: Claim) -> bool:
    """End a job whose cancellation was asked for; False while nobody asked for it."""
    job = held(claim)
    return job is not None and job.status == JobStatus.CANCELLING and _cancelled(job)


@transaction.atomic
def job_release(*, claim: Claim) -> bool:
    """Put a job back into the queue because its trainer is shut down; counts as no loss."""
    job = held(claim)
    if job is None:
        return False
    if job.status == JobStatus.CANCELLING:
        return _cancelled(job)
    _requeue(job, "The trainer was shut down. The job waits for the next one and starts again.")
    return True


@transaction.atomic
def job_lose(*, claim: Claim, reason: str, traceback: str = "", killed: bool = True) -> bool:
    """Settle a job whose process is gone: cancelled, published already, to be repeated, or failed.

    After JOB_MAX_ATTEMPTS losses it fails with `reason`: for want of memory, as far as anybody can
    tell, unless it was not `killed` but ended by a fault of its own.
    """
    job = held(claim)
    if job is None:
        return False
    if version_of(job.pk) is not None:
        note_add(job, "The version was published before the process ended.")
        status_move(job, JobStatus.SUCCEEDED, stage=Stage.FINISH)
        return True
    if job.status == JobStatus.CANCELLING:
        return _cancelled(job)
    losses, limit = job.losses + 1, settings.JOB_MAX_ATTEMPTS
    if losses < limit:
        _requeue(job, f"{reason} It starts again ({losses} of {limit}).", losses=losses)
        return True
    times = "once" if losses == 1 else f"{losses} times"
    why = f"{NO_MEMORY} {memory_advice(job.recipe)}" if killed else CRASHED
    message = f"{reason} This happened {times}, so the job was given up. {why}"
    note_add(job, f"Failed: {message}")
    ended = {"error": message, "traceback": traceback, "out_of_memory": killed}
    status_move(job, JobStatus.FAILED, losses=losses, **ended)
    return True


@transaction.atomic
def job_refuse(*, job: TrainingJob, message: str, traceback: str = "") -> bool:
    """Fail a job that waits and whose process cannot even start."""
    row = TrainingJob.objects.select_for_update().filter(
        pk=job.pk, attempt=job.attempt, status=JobStatus.QUEUED
    ).first()  # fmt: skip
    if row is None:
        return False
    message = paths_hidden(message)
    note_add(row, f"Failed: {message}")
    status_move(row, JobStatus.FAILED, error=message, traceback=traceback)
    return True


def held(claim: Claim) -> TrainingJob | None:
    """Return the job under a claim with its row locked, or None once the claim is lost."""
    return claim.rows().select_for_update().first()


def _cancelled(job: TrainingJob) -> bool:
    kept = Checkpoint.from_dict(job.checkpoint) if job.checkpoint else None
    note_add(job, f"Cancelled. Its checkpoint of {kept} is kept." if kept else "Cancelled.")
    status_move(job, JobStatus.CANCELLED)
    return True


def _requeue(job: TrainingJob, line: str, **changed: Any) -> None:
    status_move(job, JobStatus.QUEUED, stage=Stage.CLAIM, done=0, total=0, **changed)
    note_add(job, line)
    transaction.on_commit(lambda: job_ring(job_id=job.pk))
