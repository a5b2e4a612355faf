"""A job survives the deaths of its processes and trainers; nothing comes out twice.

One job goes through all of them, since each start of a process that trains takes its seconds.
"""

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
from training.models import EventKind, TrainingJob
from training.process.scratch import work_path
from training.services.bell import bells_waiting, job_ring
from training.services.jobs import jobs_sweep

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
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


def standing(job: TrainingJob) -> tuple[str, int, int]:
    job.refresh_from_db()
    return job.status, job.attempt, job.losses


def wait_for_standing(
    job: TrainingJob, status: str, *, attempt: int, losses: int, log: Path
) -> None:
    wait_for(lambda: standing(job) == (status, attempt, losses), 20, log)


def test_whatever_is_killed_the_job_is_finished_once(cast: Cast, tmp_path: Path) -> None:
    empty_queue()
    log = tmp_path / "trainer.log"
    with trainer(log) as first:
        job = make_job(cast, tiny_base(tmp_path), STEPS)
        a_killed_process_is_replaced(job, log)
        a_killed_trainer_takes_its_process_along(job, first.pid, log)
        first.wait()
    with trainer(log) as second:
        a_shutdown_puts_the_job_back_within_seconds(job, second.pid, log)
        assert second.wait(timeout=5) == 0
    assert bells_waiting() == 1  # which the next trainer hears, as the one after a kill does
    with trainer(log, JOB_LEASE_SECONDS="2") as third:
        what_is_killed_together_is_noticed_by_the_sweep(job, third.pid, log)
    # Two trainers at once, and more bells than jobs.
    other = tmp_path / "other.log"
    with trainer(log), trainer(other, "other"):
        job_ring(job_id=job.pk)
        before = deliveries(log, other)
        wait_for_status(job, "succeeded", "failed", log=log)
        assert_finished_once(job)
        job_ring(job_id=job.pk)  # too late
        wait_for(lambda: deliveries(log, other) >= before + 2 and bells_waiting() == 0, 30, log)
    assert_finished_once(job)


def a_killed_process_is_replaced(job: TrainingJob, log: Path) -> None:
    wait_for_training(job, log)
    assert standing(job) == ("running", 1, 0)
    for process in processes_of(job):
        process.kill()
    wait_for_standing(job, "running", attempt=2, losses=1, log=log)
    lines = [row.data.get("line", "") for row in job.events.all()]
    assert any("killed (SIGKILL), as systems do when memory runs out" in line for line in lines)


def a_killed_trainer_takes_its_process_along(job: TrainingJob, pid: int, log: Path) -> None:
    assert processes_of(job)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not processes_of(job), 10, log)
    assert standing(job) == ("queued", 2, 1)  # no loss: its process has put it back


def a_shutdown_puts_the_job_back_within_seconds(job: TrainingJob, pid: int, log: Path) -> None:
    wait_for_training(job, log)
    assert standing(job) == ("running", 3, 1)
    wait_for(lambda: any(work_path(job.pk).rglob("checkpoint-*")), 20, log)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not processes_of(job), 5, log)
    wait_for_standing(job, "queued", attempt=3, losses=1, log=log)
    assert time.monotonic() - began < 5
    assert job.lease_expires_at is None
    assert not Version.objects.exists()


def what_is_killed_together_is_noticed_by_the_sweep(job: TrainingJob, pid: int, log: Path) -> None:
    wait_for_standing(job, "running", attempt=4, losses=1, log=log)
    for process in processes_of(job):
        process.suspend()
    os.kill(pid, signal.SIGKILL)
    for process in processes_of(job):
        process.kill()
    jobs_sweep()
    assert standing(job) == ("running", 4, 1)  # its lease has not run out
    time.sleep(2.1)
    jobs_sweep()
    assert standing(job) == ("queued", 4, 2)


def deliveries(*logs: Path) -> int:
    return sum(log.read_text().count("succeeded in") for log in logs)


def assert_finished_once(job: TrainingJob) -> None:
    assert standing(job) == ("succeeded", 5, 2), f"{job.error}\n{job.traceback}"
    assert [version.job for version in Version.objects.all()] == [job.pk]
    wait_for(lambda: not processes_of(job), 10)
    # What earlier attempts told stays, under their own number.
    stages = job.events.filter(kind=EventKind.STAGE, data={"stage": "train"})
    assert list(stages.values_list("attempt", flat=True)) == [1, 3, 5]
    lines = job.events.filter(kind=EventKind.LOG, attempt=5).values_list("data__line", flat=True)
    assert any(line.startswith("Going on after step ") for line in lines), list(lines)
    assert not work_path(job.pk).exists()
