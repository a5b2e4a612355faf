"""Cancelled in a long step, continued, killed with -9: the same weights and figures at the end."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.training.jobs import (
    RECIPE,
    make_job,
    run_job,
    run_job_argv,
    started,
    tiny_base,
    wait_for,
    wait_for_status,
)
from training.continuing import Checkpoint
from training.models import JobQueryScore, TrainingJob
from training.process.guarding import EXIT_CANCELLED
from training.process.scratch import work_path
from training.selectors.continuing import kept_of
from training.services.claims import claim_of
from training.services.continuing import job_continue
from training.services.jobs import job_cancel
from training.services.moves import job_lose

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STEPS = {
    **RECIPE,
    "max_steps": 90,
    "logging_steps": 15,
    "eval_strategy": "steps",
    "eval_steps": 30,
    "load_best_model_at_end": True,
    "learning_rate": 1e-3,
}
EACH_STEP = {"JOB_CHECKPOINT_SECONDS": "0"}
LONG_FROM = 12

# A job process whose thirteenth step spends its time in long calls of C code, and never ends.
LONG_STEP = f"""
import sys, uuid
import django
django.setup()
import torch
from training.ml.recipe.trainer import RecipeTrainer
step = RecipeTrainer.training_step
def training_step(self, *arguments, **more):
    while self.state.global_step >= {LONG_FROM}:
        torch.linalg.eigvals(torch.rand(1500, 1500))
    return step(self, *arguments, **more)
RecipeTrainer.training_step = training_step
from training.process.running import job_run
sys.exit(job_run(job_id=uuid.UUID(sys.argv[1])))
"""


def test_what_is_continued_and_killed_ends_with_equal_weights_and_figures(
    cast: Cast, tmp_path: Path
) -> None:
    base, log = tiny_base(tmp_path), tmp_path / "job.log"
    whole = make_job(cast, base, STEPS)
    assert run_job(whole).returncode == 0
    job = make_job(cast, base, STEPS, snapshot=whole.snapshot)
    a_long_step_is_not_waited_for(job, cast, log)
    after = job_continue(job=job, by=cast.manager)
    at = a_killed_process_leaves_a_later_checkpoint(after, log)
    assert run_job(after, **EACH_STEP).returncode == 0
    after.refresh_from_db()
    assert (after.status, after.attempt, after.losses) == ("succeeded", 2, 1), after.error
    assert told(after)[1:] == [
        f"It goes on with what job {job.short_id} kept.",
        f"Going on after step {LONG_FROM} of 90, which an earlier attempt kept.",
        f"Going on after step {at} of 90, which an earlier attempt kept.",
    ]
    assert not work_path(job.pk).exists()
    assert not work_path(after.pk).exists()
    assert came_to(after) == came_to(whole)


def a_long_step_is_not_waited_for(job: TrainingJob, cast: Cast, log: Path) -> None:
    argv = [sys.executable, "-c", LONG_STEP, str(job.pk)]
    with started(argv, log, **EACH_STEP) as process:
        wait_for(lambda: step_kept(job) == LONG_FROM, 120, log)
        time.sleep(1)  # inside of the step that never ends
        began = time.monotonic()
        job_cancel(job=job, by=cast.manager)
        wait_for_status(job, "cancelled", seconds=10, log=log)
        assert time.monotonic() - began < 5
        assert process.wait(timeout=2) == EXIT_CANCELLED
    kept = kept_of(job)
    assert kept is not None
    assert (kept.checkpoint.step, kept.checkpoint.steps) == (LONG_FROM, 90)
    assert work_path(job.pk).exists()


def a_killed_process_leaves_a_later_checkpoint(job: TrainingJob, log: Path) -> int:
    with started(run_job_argv(job), log, **EACH_STEP) as process:
        wait_for(lambda: step_kept(job) > 40, 120, log)
        process.kill()
        process.wait()
    job.refresh_from_db()
    claim = claim_of(job_id=job.pk, worker=job.worker)
    assert claim is not None
    assert job_lose(claim=claim, reason="It was killed.")
    kept = work_path(job.pk).rglob("checkpoint-*")  # two, if it died before it removed the older
    return max(int(path.name.removeprefix("checkpoint-")) for path in kept)


def step_kept(job: TrainingJob) -> int:
    job.refresh_from_db()
    assert not job.finished, f"{job.error}\n{job.traceback}"
    return Checkpoint.from_dict(job.checkpoint).step if job.checkpoint else 0


def told(job: TrainingJob) -> list[str]:
    lines = [row.data.get("line", "") for row in job.events.all()]
    return [line for line in lines if line.startswith(("Attempt 1", "It goes on", "Going on"))]


def came_to(job: TrainingJob) -> dict[str, Any]:
    """Everything that two trainings must share, to the last bit."""
    version = Version.objects.get(job=job.pk)
    scores = JobQueryScore.objects.filter(job=job).order_by("split", "system", "query_id")
    return {
        "weights": version.artifacts.get(path="model.safetensors").sha256,
        "metrics": version.metrics,
        "queries": list(scores.values_list("split", "system", "query_id", "values", "top")),
        "log": version.facts["log"],
        "verdict": version.facts["verdict"],
    }
