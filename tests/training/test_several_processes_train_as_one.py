"""Two processes under `accelerate launch` train as one does, publish once, and end together."""

import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.tiny import tiny_edit
from tests.training.jobs import (
    LONG,
    RECIPE,
    empty_queue,
    make_job,
    run_job,
    tiny_base,
    trainer,
    wait_for,
    wait_for_status,
    wait_for_training,
)
from training.continuing import Checkpoint
from training.models import EventKind, TrainingJob
from training.process.scratch import work_path
from training.services.jobs import job_cancel

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STEPS = {**RECIPE, "max_steps": 60, "learning_rate": 1e-3, "logging_steps": 20}
TWO = {"JOB_PROCESSES": "2", "JOB_CHECKPOINT_SECONDS": "0"}


def ranks_of(job: TrainingJob) -> list[psutil.Process]:
    """The job's processes but the launcher, the first one first."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        ours = "run_job" in line and str(job.pk) in line
        if ours and "accelerate.commands.launch" not in line:
            found.append((process.environ().get("RANK"), process))
    return [process for _, process in sorted(found, key=lambda each: str(each[0]))]


def test_two_processes_come_to_what_one_does_also_where_one_is_killed(
    cast: Cast, tmp_path: Path
) -> None:
    empty_queue()
    base, log = tiny_base(tmp_path), tmp_path / "trainer.log"
    # Dropout leaves out other places in each process, so that nothing could be compared.
    tiny_edit(Path(base), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    whole = make_job(cast, base, {**STEPS, "per_device_train_batch_size": 16})
    assert run_job(whole).returncode == 0
    with trainer(log, **TWO):
        recipe = {**STEPS, "per_device_train_batch_size": 8}
        job = make_job(cast, base, recipe, snapshot=whole.snapshot)
        one_of_two_is_killed(job, log)
        wait_for_status(job, "succeeded", "failed", log=log)
        assert (job.status, job.attempt, job.losses) == ("succeeded", 2, 1), job.error
        told = lines_of(job)
        assert "2 processes train together: a step learns from 2 x 8 pairs." in told
        assert any(line.startswith("Going on after step ") for line in told)
        assert any("One of the job's processes was killed" in line for line in told)
        (version,) = Version.objects.filter(job=job.pk)
        assert figures(version) == pytest.approx(
            figures(Version.objects.get(job=whole.pk)), abs=1e-3
        )
        assert not work_path(job.pk).exists()
        cancelling_ends_both(make_job(cast, base, LONG, snapshot=whole.snapshot), cast, log)


def one_of_two_is_killed(job: TrainingJob, log: Path) -> None:
    wait_for(lambda: step_kept(job) > 10, 120, log)
    first, second = ranks_of(job)
    second.kill()
    wait_for(lambda: TrainingJob.objects.get(pk=job.pk).losses == 1, 30, log)
    wait_for(lambda: not first.is_running(), 10, log)


def cancelling_ends_both(job: TrainingJob, cast: Cast, log: Path) -> None:
    wait_for_training(job, log)
    both = ranks_of(job)
    assert len(both) == 2
    began = time.monotonic()
    job_cancel(job=job, by=cast.manager)
    wait_for_status(job, "cancelled", seconds=10, log=log)
    assert time.monotonic() - began < 5
    wait_for(lambda: not any(each.is_running() for each in both), 10, log)


def step_kept(job: TrainingJob) -> int:
    job.refresh_from_db()
    assert not job.finished, f"{job.error}\n{job.traceback}"
    return Checkpoint.from_dict(job.checkpoint).step if job.checkpoint else 0


def lines_of(job: TrainingJob) -> list[str]:
    rows = job.events.filter(kind=EventKind.LOG).order_by("pk")
    return [str(row.data["line"]) for row in rows]


def figures(version: Version) -> dict[str, Any]:
    return {
        f"{split} {name}": figure["value"]
        for split, systems in version.metrics.items()
        for name, figure in systems["model"].items()
    }
