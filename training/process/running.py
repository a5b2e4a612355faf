"""A job in its own process, from its claim to its end.

Torch is imported once the job is claimed and guarded and what it needs is there, and in no
other process of Arbiter.
"""

import logging
import shutil
import socket
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from models_app.services.publishing import folder_store
from training.ml.errors import (
    DivergedError,
    OutOfMemoryError,
    RecipeError,
    memory_refused,
    resource_error,
)
from training.ml.group import launched
from training.models import TrainingJob
from training.process.following import (
    follower_lost,
    followers_dismiss,
    job_follow,
    lost_settle,
)
from training.process.guarding import EXIT_CRASHED, EXIT_LOST, Guard
from training.process.patience import patiently
from training.process.reporting import JobReporter
from training.process.scratch import (
    job_scratch,
    work_path,
    worker_name,
)
from training.process.training import model_train
from training.services.claims import Claim, LostClaimError, job_claim
from training.services.held_out import curve_finish, doubt_finish
from training.services.moves import CRASHED, NO_MEMORY, job_fail, job_stop
from training.services.pooling import pool_finish
from training.services.scoring import score_finish

if TYPE_CHECKING:
    from training.services.results import Results

logger = logging.getLogger(__name__)

# A process that hangs between two statements would keep its job's row locked, and whoever cancels
# it waiting. The server ends such a transaction; the guard and a job's end are written again.
IDLE_TRANSACTION_SECONDS: Final = 1


def job_run(*, job_id: UUID, worker: str = "") -> int:
    """Run a job to its end and return the exit status for the process.

    With `worker`, a supervisor's name for us, we end when our parent does. A job that does not
    wait, because it is finished or runs elsewhere, is left alone, and the status is 0. Of several
    processes that a launcher has started, the first one runs the job and the others train along.
    """
    if launched()[0] > 0:
        return job_follow()
    name = worker or worker_name()
    connection_created.connect(_transactions_bound)
    connection.close()
    claim = job_claim(job_id=job_id, worker=name)
    if claim is None:
        logger.info("Job %s does not wait for a trainer.", job_id)
        return followers_dismiss(0)
    reporter = JobReporter()
    with (
        job_scratch(name) as scratch,
        Guard(claim, reporter, scratch, supervised=bool(worker)) as guard,
    ):
        status = _run_guarded(claim, reporter, scratch, guard)
    return followers_dismiss(status)


def _transactions_bound(*, connection: BaseDatabaseWrapper, **_signal: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_TRANSACTION_SECONDS}s'")


def _run_guarded(claim: Claim, reporter: JobReporter, scratch: Path, guard: Guard) -> int:
    try:
        job = TrainingJob.objects.select_related("project", "snapshot", "created_by").get(
            pk=claim.job_id
        )
        reporter.log(f"Attempt {claim.attempt} on {socket.gethostname()}.")
        _by_kind(job, claim, reporter, guard, scratch)
    except LostClaimError:
        guard.stop()
        return 0 if job_stop(claim=claim) else EXIT_LOST
    except RecipeError as error:
        return _refused(guard, claim, error)
    except ValidationError as error:
        return _failed(guard, claim, " ".join(error.messages))
    except Exception as error:
        # The process ends here: memory and disk have a message, any fault keeps its traceback.
        lost = follower_lost()
        if lost is not None:
            _settle(guard, lambda: lost_settle(claim, lost))
            return EXIT_LOST
        named = resource_error(error)
        if named is not None:
            return _refused(guard, claim, named)
        logger.exception("Job %s crashed.", claim.job_id)
        # A library that gets no memory may fail with an error of any type.
        lacking = memory_refused()
        message = f"The job crashed. {NO_MEMORY}" if lacking else CRASHED
        trace = traceback.format_exc()
        return _failed(guard, claim, message, trace, EXIT_CRASHED, out_of_memory=lacking)
    return 0


def _by_kind(
    job: TrainingJob, claim: Claim, reporter: JobReporter, guard: Guard, scratch: Path
) -> None:
    if job.pools:
        _pool(job, claim, reporter, guard)
    elif job.scores:
        _score(job, claim, reporter, guard, scratch)
    elif job.evaluates:
        _evaluate(job, claim, reporter, guard, scratch)
    elif job.holds_out:
        _hold_out(job, claim, reporter, guard, scratch)
    else:
        _publish(guard, claim, model_train(job, claim, reporter, scratch))
        shutil.rmtree(work_path(job.pk))


def _refused(guard: Guard, claim: Claim, error: RecipeError) -> int:
    lacking = isinstance(error, OutOfMemoryError)
    # What the job itself had and what to try next says more than advice for all.
    message = error.message if lacking else f"{error.message} {error.advice}"
    # The same training would come to the same again.
    again = not isinstance(error, DivergedError)
    return _failed(guard, claim, message, out_of_memory=lacking, again=again)


def _failed(
    guard: Guard,
    claim: Claim,
    message: str,
    trace: str = "",
    status: int = 0,
    *,
    out_of_memory: bool = False,
    again: bool = True,
) -> int:
    end = partial(job_fail, claim=claim, message=message, out_of_memory=out_of_memory, again=again)
    _settle(guard, lambda: end(traceback=trace))
    return status


def _pool(job: TrainingJob, claim: Claim, reporter: JobReporter, guard: Guard) -> None:
    from training.process.pooling import Pooling

    folder = work_path(job.pk)
    outcome = Pooling(job, claim=claim, reporter=reporter, folder=folder).run()
    _settle(guard, lambda: pool_finish(claim=claim, outcome=outcome))
    shutil.rmtree(folder)


def _score(
    job: TrainingJob, claim: Claim, reporter: JobReporter, guard: Guard, scratch: Path
) -> None:
    from training.process.scoring import Scoring

    outcome = Scoring(job, claim=claim, reporter=reporter, folder=scratch / "version").run()
    _settle(guard, lambda: score_finish(claim=claim, outcome=outcome))


def _evaluate(
    job: TrainingJob, claim: Claim, reporter: JobReporter, guard: Guard, scratch: Path
) -> None:
    from training.process.evaluating import model_measure
    from training.services.evaluating import evaluation_finish

    found, facts = model_measure(job, reporter, scratch)
    end = partial(
        evaluation_finish, evaluations=found.evaluations, rankings=found.rankings, facts=facts
    )
    _settle(guard, lambda: end(claim=claim))


def _hold_out(
    job: TrainingJob, claim: Claim, reporter: JobReporter, guard: Guard, scratch: Path
) -> None:
    from training.process.held_out import curve_measure, labels_doubt

    if job.draws:
        curve = curve_measure(job, reporter, scratch)
        _settle(guard, lambda: curve_finish(claim=claim, outcome=curve))
    else:
        counts, doubts = labels_doubt(job, reporter, scratch)
        _settle(guard, lambda: doubt_finish(claim=claim, outcome=counts, doubts=doubts))
    shutil.rmtree(work_path(job.pk))


def _publish(guard: Guard, claim: Claim, results: "Results") -> None:
    from training.services.results import job_publish

    # Hashing and storing gigabytes takes minutes: the guard renews the lease all the while.
    stored = folder_store(results.folder)
    _settle(guard, lambda: job_publish(claim=claim, results=results, stored=stored))


def _settle(guard: Guard, write: Callable[[], object]) -> None:
    """Write a job's end: the guard stands aside, and goes on where that did not come through."""
    patiently(write, within=guard.aside)
