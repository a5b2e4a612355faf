"""How many processes train a job, what they say of memory, and what a GPU computes in.

No GPU is at hand here: what is asked of one is given, all else is real.
"""

import json
import os
import sys
from pathlib import Path

import pytest
import torch
from pytest_django.fixtures import Settings

from training.kinds import JobKind
from training.ml import group
from training.ml.errors import OutOfMemoryError, resource_error
from training.ml.precision import precision_choose
from training.models import TrainingJob
from training.process import following, launching
from training.process.following import Lost, follower_lost, notes_expect
from training.process.launching import gpus_visible, job_argv, job_environment
from training.services.moves import CRASHED

TRAIN = TrainingJob(kind=JobKind.TRAIN)


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with two GPUs, as Linux shows them."""
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    monkeypatch.setattr(launching, "DEVICES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("named", "seen"),
    [(None, 2), ("", 0), ("-1", 0), ("0", 1), ("1,0", 2), ("0,-1,1", 1), ("0,1,2,3", 2)],
)
def test_devices_are_counted_as_cuda_shows_them(
    gpus: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, seen: int
) -> None:
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert gpus_visible() == seen


def test_a_training_has_a_process_for_each_and_other_jobs_have_one(
    gpus: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = job_argv(TRAIN, "host:1")
    assert argv[:3] == [sys.executable, "-m", "accelerate.commands.launch"]
    assert argv[argv.index("--num_processes") + 1] == "2"
    assert argv[-4:] == ["run_job", str(TRAIN.pk), "--worker", "host:1"]
    assert "ACCELERATE_USE_CPU" not in job_environment()
    for kind in (JobKind.POOL, JobKind.SCORE):
        assert "--num_processes" not in job_argv(TrainingJob(kind=kind), "host:1")
    settings.JOB_PROCESSES = 1
    assert "--num_processes" not in job_argv(TRAIN, "host:1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    settings.JOB_PROCESSES = 3
    assert "3" in job_argv(TRAIN, "host:1")
    assert job_environment()["ACCELERATE_USE_CPU"] == "true"


def test_what_a_launcher_says_is_heard_once_and_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "_told", {})
    assert group.launched() == (0, 1)
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    assert group.launched() == (1, 2)
    assert "WORLD_SIZE" not in os.environ
    assert group.launched() == (1, 2)
    assert group.group_now() is group.ALONE


def test_why_another_process_has_died_is_read_from_its_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = group.Group(0, 2)
    monkeypatch.setattr(following, "group_now", lambda: others)
    others.pids = [os.getpid(), os.getpid()]
    notes_expect(tmp_path)
    assert follower_lost() is None
    others.pids = [os.getpid(), 2**22 + 1]  # more than there are
    assert follower_lost() == Lost()
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    named = resource_error(error)
    assert named is not None
    following._note(tmp_path / "training-1", named)
    assert follower_lost() == Lost("The GPU ran out of memory.", "", out_of_memory=True)
    following._note(tmp_path / "training-1", ZeroDivisionError("x"))
    lost = follower_lost()
    assert lost is not None
    assert (lost.message, lost.out_of_memory) == (CRASHED, False)
    assert "ZeroDivisionError" in lost.traceback
    notes_expect(tmp_path)
    assert not list(tmp_path.glob("*.json")), json.dumps([p.name for p in tmp_path.iterdir()])


@pytest.mark.parametrize(
    "text",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 14.58 GiB",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_a_gpu_without_memory_is_named_with_what_to_lower(text: str) -> None:
    named = resource_error(RuntimeError(text))
    assert isinstance(named, OutOfMemoryError)
    assert named.message == "The GPU ran out of memory."
    assert "per_device_train_batch_size" in named.advice


class OnGpu:
    """As much of a model as is asked where it lies on a GPU."""

    device = torch.device("cuda")


@pytest.mark.parametrize(
    ("able", "asked", "bf16", "reason"),
    [
        (True, None, True, "This GPU has bfloat16."),
        (True, True, True, "The recipe says so."),
        (True, False, False, "The recipe says so."),
        (False, None, False, "This GPU lacks bfloat16."),
        (False, True, False, "The recipe asks for bfloat16, which this GPU lacks."),
        (False, False, False, "The recipe says so."),
    ],
)
def test_a_gpu_that_lacks_bfloat16_does_not_emulate_it(
    monkeypatch: pytest.MonkeyPatch, able: bool, asked: bool | None, bf16: bool, reason: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: able)
    found = precision_choose(OnGpu(), [], asked=asked, cache=None)  # type: ignore[arg-type]
    assert (found.bf16, found.reason) == (bf16, reason)
