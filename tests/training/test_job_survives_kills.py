"""A job survives the death of its process and of its trainer; nothing comes out twice."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.training.jobs import (
    RECIPE,
    empty_queue,
    make_job,
    tiny_base,
    trainer,
    wait_for,
    wait_for_status,
    wait_for_training,
)
from training.models import TrainingJob
from training.services.bell import bells_waiting, job_ring
from training.services.jobs import jobs_sweep

pytestmark = pytest.mark.django_db(transaction=True)
# Long enough to be interrupted, short enough to wait for.
STEPS = {**RECIPE, "max_steps": 300, "logging_steps": 50}


def processes_of(job: TrainingJob) -> list[psutil.Process]:
    """The job's own processes, wherever they hang in the tree of processes."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if "run_job" in line and str(job.pk) in line and process.info["status"] != "zombie":
            found.append(process)
    return found


def assert_finished_once(job: TrainingJob, *, losses: int) -> None:
    assert job.status == "succeeded", f"{job.error}\n{job.traceback}"
    assert job.losses == losses
    assert [version.job for version in Version.objects.all()] == [job.pk]
    wait_for(lambda: not processes_of(job), 10)


def test_two_deliveries_at_once_and_one_too_late_run_it_once(cast: Cast, tmp_path: Path) -> None:
    empty_queue()
    log, other = tmp_path / "trainer.log", tmp_path / "other.log"
    with trainer(log), trainer(other, "other"):
        job = make_job(cast, tiny_base(tmp_path))
        job_ring(job_id=job.pk)
        wait_for_status(job, "succeeded", "failed", log=log)
        assert_finished_once(job, losses=0)
        job_ring(job_id=job.pk)
        wait_for(lambda: (log.read_text() + other.read_text()).count("succeeded in") == 3, 30, log)
    job.refresh_from_db()
    assert job.attempt == 1
    assert_finished_once(job, losses=0)


def test_a_killed_process_is_replaced(cast: Cast, tmp_path: Path) -> None:
    empty_queue()
    log = tmp_path / "trainer.log"
    with trainer(log):
        job = make_job(cast, tiny_base(tmp_path), STEPS)
        wait_for_training(job, log)
        for process in processes_of(job):
            process.kill()
        wait_for(lambda: TrainingJob.objects.get().losses == 1, 10, log)
        wait_for_status(job, "succeeded", "failed", log=log)
        assert_finished_once(job, losses=1)
    assert job.attempt == 2
    lines = [row.data.get("line", "") for row in job.events.all()]
    assert any("killed (SIGKILL), as systems do when memory runs out" in line for line in lines)


def test_a_killed_trainer_takes_its_process_along_and_the_next_one_resumes(
    cast: Cast, tmp_path: Path
) -> None:
    empty_queue()
    log = tmp_path / "trainer.log"
    with trainer(log) as first:
        job = make_job(cast, tiny_base(tmp_path), STEPS)
        wait_for_training(job, log)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        wait_for(lambda: not processes_of(job), 10, log)
        job.refresh_from_db()
        assert (job.status, job.losses) == ("queued", 0)
    with trainer(log):
        wait_for_status(job, "succeeded", "failed", log=log)
        assert_finished_once(job, losses=0)


def test_trainer_and_process_killed_together_are_noticed_by_the_sweep(
    cast: Cast, tmp_path: Path
) -> None:
    empty_queue()
    log = tmp_path / "trainer.log"
    with trainer(log, JOB_LEASE_SECONDS="2") as first:
        job = make_job(cast, tiny_base(tmp_path), STEPS)
        wait_for_training(job, log)
        for process in processes_of(job):
            process.suspend()
        os.kill(first.pid, signal.SIGKILL)
        for process in processes_of(job):
            process.kill()
        jobs_sweep()
        job.refresh_from_db()
        assert job.status == "running"  # its lease has not run out
    time.sleep(2.1)
    jobs_sweep()
    job.refresh_from_db()
    assert (job.status, job.losses) == ("queued", 1)
    with trainer(log):
        wait_for_status(job, "succeeded", "failed", log=log)
        assert_finished_once(job, losses=1)


def test_a_shutdown_puts_the_job_back_within_seconds(cast: Cast, tmp_path: Path) -> None:
    empty_queue()
    log = tmp_path / "trainer.log"
    with trainer(log) as first:
        job = make_job(cast, tiny_base(tmp_path), STEPS)
        wait_for_training(job, log)
        began = time.monotonic()
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=20) == 0
        assert time.monotonic() - began < 5
        job.refresh_from_db()
        assert (job.status, job.losses, job.lease_expires_at) == ("queued", 0, None)
        assert not processes_of(job)
    assert bells_waiting() == 1  # which the next trainer hears, as the one after a kill does
    assert not Version.objects.exists()
