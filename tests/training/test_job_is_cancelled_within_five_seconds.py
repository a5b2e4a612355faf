"""Cancelling ends a job within 5 s, also in the middle of a step, and publishes nothing."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.db import transaction

from models_app.models import Version
from tests.factory import Cast
from tests.training.jobs import (
    LONG,
    empty_queue,
    make_job,
    run_job_argv,
    started,
    tiny_base,
    trainer,
    wait_for,
    wait_for_status,
    wait_for_training,
)
from training.models import TrainingJob
from training.process.guarding import EXIT_CANCELLED, EXIT_LOST, EXIT_RELEASED
from training.process.scratch import scratch_path
from training.services.claims import job_claim
from training.services.jobs import job_cancel

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def cancel_and_measure(job: TrainingJob, cast: Cast, log: Path) -> float:
    began = time.monotonic()
    job_cancel(job=job, by=cast.manager)
    wait_for_status(job, "cancelled", seconds=10, log=log)
    return time.monotonic() - began


def assert_nothing_is_left(job: TrainingJob) -> None:
    assert (job.lease_expires_at, job.error) == (None, "")
    assert not Version.objects.exists()
    assert not job.metrics.exists()
    wait_for(lambda: not scratch_path(job.worker).exists(), 5)


def test_jobs_of_a_trainer_are_cancelled_also_where_the_process_hangs(
    cast: Cast, tmp_path: Path
) -> None:
    empty_queue()
    log, base = tmp_path / "trainer.log", tiny_base(tmp_path)
    with trainer(log) as parent:
        job = make_job(cast, base, LONG)
        wait_for_training(job, log)
        assert cancel_and_measure(job, cast, log) < 5
        assert_nothing_is_left(job)
        wait_for(lambda: b"succeeded in" in log.read_bytes(), 5, log)
        second = make_job(cast, base, LONG, snapshot=job.snapshot)
        wait_for_training(second, log)
        (child,) = psutil.Process(parent.pid).children()
        child.suspend()  # as a step that never gives the interpreter back
        assert cancel_and_measure(second, cast, log) < 5
        wait_for(lambda: not child.is_running(), 5, log)
        assert_nothing_is_left(second)


# A job process whose first step never ends, and spends its time in long calls of C code.
ENDLESS = """
import sys, uuid
import django
django.setup()
import torch
from training.ml.recipe.trainer import RecipeTrainer
def training_step(self, *_arguments, **_more):
    matrix = torch.rand(1500, 1500)
    while True:
        torch.linalg.eigvals(matrix)
RecipeTrainer.training_step = training_step
from training.process.running import job_run
sys.exit(job_run(job_id=uuid.UUID(sys.argv[1])))
"""


def test_a_step_of_many_seconds_is_not_waited_for(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    log = tmp_path / "job.log"
    with started([sys.executable, "-c", ENDLESS, str(job.pk)], log) as process:
        wait_for_status_of_stage(job, "train", log)
        time.sleep(3)  # inside of the first step
        job.refresh_from_db()
        assert (job.stage, job.done) == ("train", 0)
        assert cancel_and_measure(job, cast, log) < 5
        assert process.wait(timeout=2) == EXIT_CANCELLED
    assert_nothing_is_left(job)


# A job process that is stopped between two statements of a transaction that holds its job's row.
STUCK = """
import os, signal, sys, uuid
import django
django.setup()
from training.services import claims
events_add = claims.events_add
def stuck(claim, events):
    events_add(claim, events)
    if any(data.get("stage") == "load" for _, data in events):
        claims.events_add = events_add  # what could not be stored is told again
        os.kill(os.getpid(), signal.SIGSTOP)
claims.events_add = stuck
from training.process.running import job_run
sys.exit(job_run(job_id=uuid.UUID(sys.argv[1])))
"""


def test_a_process_stopped_in_a_transaction_keeps_nobody_waiting(
    cast: Cast, tmp_path: Path
) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    log = tmp_path / "job.log"
    with started([sys.executable, "-c", STUCK, str(job.pk)], log) as process:
        wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, 60, log)
        began = time.monotonic()
        assert job_cancel(job=job, by=cast.manager).status == "cancelling"
        assert time.monotonic() - began < 5
        os.kill(process.pid, signal.SIGCONT)  # its transaction is gone, the process is not
        wait_for_status(job, "cancelled", seconds=10, log=log)
        assert process.wait(timeout=5) == EXIT_CANCELLED
    assert_nothing_is_left(job)


def wait_for_status_of_stage(job: TrainingJob, stage: str, log: Path) -> None:
    def reached() -> bool:
        job.refresh_from_db()
        assert not job.finished, job.error + job.traceback
        return job.stage == stage

    wait_for(reached, 120, log)


def test_a_job_by_hand_is_released_by_control_c_and_stops_once_it_is_lost(
    cast: Cast, tmp_path: Path
) -> None:
    job = make_job(cast, tiny_base(tmp_path), LONG)
    log = tmp_path / "job.log"
    with started(run_job_argv(job), log) as process:
        wait_for_training(job, log)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=5) == EXIT_RELEASED
    job.refresh_from_db()
    assert (job.status, job.losses) == ("queued", 0)
    with started(run_job_argv(job), log) as process:
        wait_for_status(job, "running", log=log)
        # Another attempt has taken over meanwhile: what this one still does must not count.
        with transaction.atomic():
            TrainingJob.objects.update(status="queued", lease_expires_at=None)
            assert job_claim(job_id=job.pk, worker="another:1")
        assert process.wait(timeout=5) == EXIT_LOST
    assert not Version.objects.exists()
