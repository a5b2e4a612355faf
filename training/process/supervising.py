"""The trainer's side of a job: a process of its own, watched, and ended with everything it started.

The process guards itself (`training.process.guarding`). This is for what it cannot do: end a
process that hangs, say why one died, and settle the row of a job that nobody runs any more.
"""

import logging
import math
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from celery.worker import state
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from config.processes import Steps, end, has_exited, log_tail, spawn
from training.models import JobStatus, TrainingJob
from training.process.launching import job_argv, job_environment, kin_end, kin_of
from training.process.scratch import (
    backends_clear,
    scratch_clear,
    scratch_path,
    silver_clear,
    worker_name,
    works_clear,
)
from training.selectors.queueing import queue_now
from training.services.bell import job_ring
from training.services.claims import claim_of
from training.services.moves import NO_MEMORY, job_fail, job_lose, job_refuse, job_release

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
ROW_SECONDS: Final = 0.5
# A guard that works ends its process within a second; after that it is not waited for.
CANCEL_GRACE_SECONDS: Final = 2.0
STOP_STEPS: Final[Steps] = ((signal.SIGTERM, 2.0),)
HUNG_STEPS: Final[Steps] = ((signal.SIGTERM, 0.3),)
TAIL_LINES: Final = 40
# What libraries and Python write before the process ends because memory cannot be had.
NO_MEMORY_MARKS: Final = (
    "bad_alloc",
    "memory allocation",
    "out of memory",
    "allocate memory",
    "memoryerror",
)


@dataclass(frozen=True, slots=True)
class Run:
    """A started job process: which job, the process, its name, its output."""

    job: TrainingJob
    process: subprocess.Popen[bytes]
    worker: str
    log: Path


def job_supervise(*, job_id: UUID) -> None:
    """Run the job whose turn it is in a process of its own, and settle what that leaves open.

    The bell was rung for job `job_id`; who comes next is told by the queue, not by the bells.
    Returns when the process and its children are gone. On the worker's shutdown they are ended
    and the job waits again.
    """
    while not stopping():
        job = _next()
        if job is None:
            logger.info("No job may be taken now; the bell was for job %s.", job_id)
            return
        run = _start(job)
        _supervise(run)
        if TrainingJob.objects.filter(pk=job.pk, worker=run.worker).exists():
            _ring_on(job)
            return
        # Another trainer was faster, and this bell is good for another job that waits.


def _next() -> TrainingJob | None:
    claimable = queue_now().claimable()
    waiting = TrainingJob.objects.unclaimed()
    return waiting.filter(pk=claimable[0].job_id).first() if claimable else None


def _ring_on(ended: TrainingJob) -> None:
    """Ring for a job that waited for this one to end: its own bell was heard too early."""
    queue = queue_now()
    for each in queue.claimable():
        if each.project_id == ended.project_id and each.job_id != ended.pk:
            if queue.running.get(each.project_id, 0) + 1 >= each.may_run:
                job_ring(job_id=each.job_id)
            return


def _supervise(run: Run) -> None:
    steps = STOP_STEPS
    try:
        if _hangs(run):
            steps = HUNG_STEPS
    finally:
        kin = kin_of(run.process.pid)
        status = end(run.process, steps)
        kin_end(kin)
        try:
            _settle(run, status)
            _tidy()
        finally:
            scratch_clear(run.worker)
            run.log.unlink(missing_ok=True)


def _tidy() -> None:
    """Remove what no job needs any more; what cannot be removed now is left to the next job's end.

    Another trainer on this machine may be about the same.
    """
    for clear in (works_clear, silver_clear, backends_clear):
        try:
            clear()
        except OSError:
            logger.exception("%s could not remove everything.", clear.__name__)


def stopping() -> bool:
    """Say whether the Celery worker that we run in was asked to shut down, warmly or not."""
    flags: tuple[object, ...] = (state.should_stop, state.should_terminate)
    return any(flag is not None and flag is not False for flag in flags)


def _start(job: TrainingJob) -> Run:
    worker = worker_name()
    log = scratch_path(worker).with_suffix(".log")
    process = spawn(job_argv(job, worker), log=log, env=job_environment(), cwd=settings.BASE_DIR)
    logger.info("Job %s runs as process %s (%s).", job.pk, process.pid, worker)
    return Run(job, process, worker, log)


def _hangs(run: Run) -> bool:
    """Wait until the process ended or the worker stops; True where it ignores a cancellation."""
    looked, cancelling_since = 0.0, math.inf
    while not has_exited(run.process) and not stopping():
        time.sleep(LOOK_SECONDS)
        now = time.monotonic()
        if now - cancelling_since > CANCEL_GRACE_SECONDS:
            return True
        if now - looked >= ROW_SECONDS:
            looked = now
            if _cancelling(run):
                cancelling_since = min(cancelling_since, now)
    return False


def _cancelling(run: Run) -> bool:
    try:
        return TrainingJob.objects.filter(
            pk=run.job.pk, worker=run.worker, status=JobStatus.CANCELLING
        ).exists()
    except (OperationalError, InterfaceError) as error:
        logger.warning("The database cannot be reached: %s", error)
        connection.close()
        return False


def _settle(run: Run, status: int) -> None:
    claim = claim_of(job_id=run.job.pk, worker=run.worker)
    logger.info("Process %s of job %s %s.", run.process.pid, run.job.pk, ending(status))
    if claim is not None and stopping():
        job_release(claim=claim)
    elif claim is not None:
        tail = log_tail(run.log, TAIL_LINES)
        reason = f"The job's process {ending(status)}."
        logger.warning("%s Its last output:\n%s", reason, tail)
        if any(mark in tail.lower() for mark in NO_MEMORY_MARKS):
            message = f"{reason} {NO_MEMORY}"
            job_fail(claim=claim, message=message, traceback=tail, out_of_memory=True)
        else:
            killed = status == -signal.SIGKILL
            job_lose(claim=claim, reason=reason, traceback=tail, killed=killed)
    elif status > 0 and not stopping():
        _settle_unclaimed(run, status)


def _settle_unclaimed(run: Run, status: int) -> None:
    """A process that failed before it could even claim its job would do so again for ever."""
    tail = log_tail(run.log, TAIL_LINES)
    message = f"The job's process could not start: it {ending(status)}. Ask your administrator."
    if job_refuse(job=run.job, message=message, traceback=tail):
        logger.error("%s Its last output:\n%s", message, tail)


def ending(status: int) -> str:
    """Put an exit status in words."""
    if status == -signal.SIGKILL:
        return "was killed (SIGKILL), as systems do when memory runs out"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
