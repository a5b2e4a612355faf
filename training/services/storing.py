"""How jobs that build or score candidates store what they have, and end, under their claim."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from annotate.importing.locking import texts_lock
from training.kinds import Stage
from training.models import EventKind, JobStatus, TrainingJob
from training.services.claims import Claim, LostClaimError, events_add
from training.services.moves import held, note_add, status_move


@contextmanager
def job_storing(claim: Claim) -> Iterator[TrainingJob]:
    """A transaction that holds the row of a running job, and its project's texts before that.

    Raises LostClaimError where the job is to be cancelled or no longer ours.
    """
    with transaction.atomic():
        # Before the job's row: whoever waits for an import to end must still be cancellable.
        project_id = claim.rows().values_list("project", flat=True).first()
        if project_id is not None:
            texts_lock(project_id)
        yield _running(claim)


@contextmanager
def job_ending(claim: Claim, *, outcome: Mapping[str, Any], line: str) -> Iterator[TrainingJob]:
    """End a job as succeeded, with what came of it, in the transaction of the block.

    `line` is the last of its log. Raises LostClaimError as `job_storing` does.
    """
    with transaction.atomic():
        # The rows of many queries take a while to make; a busy machine lets them wait besides.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")
        job = _running(claim)
        events_add(claim, [(EventKind.STAGE, {"stage": Stage.FINISH.value})])
        note_add(job, line)
        done = {"stage": Stage.FINISH, "done": 0, "total": 0, "outcome": dict(outcome)}
        status_move(job, JobStatus.SUCCEEDED, **done)
        yield job


def _running(claim: Claim) -> TrainingJob:
    job = held(claim)
    if job is None or job.status != JobStatus.RUNNING:
        raise LostClaimError
    return job
