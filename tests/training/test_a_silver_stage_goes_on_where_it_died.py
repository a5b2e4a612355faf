"""A silver stage that dies at any step goes on from its checkpoint, and ends with equal weights."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import CrossEncoder

from tests.factory import Cast, make_passage
from tests.tiny_run import RecordingReporter
from tests.training.jobs import (
    RECIPE,
    frozen_snapshot,
    label_project,
    make_job,
    run_job,
    run_job_argv,
    started,
    tiny_base,
    wait_for,
    wait_for_status,
)
from tests.training.silver import TinySilver, silver_spec, tiny_corpus, tiny_teacher
from training.continuing import Checkpoint
from training.models import TrainingJob
from training.process.scratch import silver_path, work_path
from training.selectors.continuing import kept_of
from training.services.claims import claim_of
from training.services.continuing import job_continue
from training.services.jobs import job_cancel
from training.services.moves import job_lose

EACH_STEP = {"JOB_CHECKPOINT_SECONDS": "0"}
SILVER = {"silver": "always", "silver_pairs": 4_800, "silver_learning_rate": 1e-3}


class KilledError(Exception):
    """What stands for the end of a process here."""


class Dying(RecordingReporter):
    """Ends the run as soon as a checkpoint of this step is kept."""

    at = 0

    def kept(self, step: int, steps: int) -> None:
        super().kept(step, steps)
        if step == self.at:
            raise KilledError


def tensors(model: CrossEncoder) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("at", [1, 5, 9])
def test_a_stage_that_died_ends_with_the_weights_of_one_that_did_not(
    tmp_path: Path, at: int
) -> None:
    whole, first = TinySilver(tmp_path / "whole").train(silver_spec(silver_pairs=640))
    steps = first.facts["steps"]
    assert steps > at
    tiny = TinySilver(tmp_path / "died")
    dying = Dying()
    dying.at = at
    dying.stage("silver")
    tiny.reporter = dying
    keep = tmp_path / "work"
    with pytest.raises(KilledError):
        tiny.train(silver_spec(silver_pairs=640), keep=keep)
    assert [path.name for path in keep.glob("*/checkpoint-*")] == [f"checkpoint-{at}"]
    tiny.reporter = RecordingReporter()
    tiny.reporter.stage("silver")
    model, second = tiny.train(silver_spec(silver_pairs=640), keep=keep)
    told = f"Silver stage: going on after step {at} of {steps}, which an earlier attempt kept."
    assert told in tiny.reporter.lines
    expected, found = tensors(whole), tensors(model)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert first.facts["held_out"] == second.facts["held_out"]
    assert not keep.exists()
    # Other settings find nothing of it.
    dying.at, tiny.reporter = 3, dying
    with pytest.raises(KilledError):
        tiny.train(silver_spec(silver_pairs=640, seed=7), keep=keep)
    tiny.reporter = RecordingReporter()
    tiny.reporter.stage("silver")
    tiny.train(silver_spec(silver_pairs=640, seed=8), keep=keep)
    assert not any("going on" in line for line in tiny.reporter.lines)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_killed_or_cancelled_in_it_goes_on(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    for passage in tiny_corpus(60):
        make_passage(cast.project, passage.text, title=passage.title)
    base, log = tiny_base(tmp_path), tmp_path / "job.log"
    silver = {**SILVER, "silver_teacher": str(tiny_teacher(tmp_path / "teacher").folder)}
    job = make_job(cast, base, {**RECIPE, **silver}, snapshot=frozen_snapshot(cast.project))
    with started(run_job_argv(job), log, **EACH_STEP) as process:
        wait_for(lambda: step_kept(job) > 3, 120, log)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    claim = claim_of(job_id=job.pk, worker=TrainingJob.objects.get(pk=job.pk).worker)
    assert claim is not None
    assert job_lose(claim=claim, reason="It was killed.")
    at = step_kept(job)
    with started(run_job_argv(job), log, **EACH_STEP):
        wait_for(lambda: step_kept(job) > at + 3, 120, log)
        job_cancel(job=job, by=cast.manager)
        wait_for_status(job, "cancelled", seconds=10, log=log)
    kept = kept_of(job)
    assert kept is not None
    assert str(kept.checkpoint).endswith("of the silver stage")
    assert kept.checkpoint.silver
    after = job_continue(job=job, by=cast.manager)
    assert run_job(after).returncode == 0
    after.refresh_from_db()
    assert after.status == "succeeded", after.error + after.traceback
    told = [each for each in lines(job) + lines(after) if "going on after step" in each]
    assert len(told) == 2
    assert not work_path(after.pk).exists()
    assert list(silver_path(cast.project.pk).glob("[0-9a-f]*/weights.safetensors"))


def step_kept(job: TrainingJob) -> int:
    job.refresh_from_db()
    assert not job.finished, f"{job.error}\n{job.traceback}"
    return Checkpoint.from_dict(job.checkpoint).step if job.checkpoint else 0


def lines(job: TrainingJob) -> list[str]:
    events: Any = job.events.filter(kind="log").order_by("pk")
    return [str(event.data["line"]) for event in events]
