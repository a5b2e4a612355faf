"""The command that runs a job: one process, or one for each GPU of this machine."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil
from django.conf import settings

from training.kinds import JobKind
from training.models import TrainingJob

DEVICES: Final = Path("/dev")
# What asks nobody and looks nothing up: one machine, a free port, precision as the recipe has it.
LAUNCH: Final = (
    "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0",
)  # fmt: skip


def job_argv(job: TrainingJob, worker: str) -> list[str]:
    """Return the command for a job; it has several processes where it trains on several GPUs."""
    own = [str(settings.BASE_DIR / "manage.py"), "run_job", str(job.pk), "--worker", worker]
    size = processes_of(job)
    if size == 1:
        return [sys.executable, *own]
    return [sys.executable, *LAUNCH, "--num_processes", str(size), *own]


def job_environment() -> dict[str, str]:
    """Return the environment for a job; without a GPU, several processes share the processor."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if settings.JOB_PROCESSES > 1 and not gpus_visible():
        environment |= {"ACCELERATE_USE_CPU": "true"}
    return environment


def processes_of(job: TrainingJob) -> int:
    """Return how many processes train a job; all other kinds have one."""
    if job.kind != JobKind.TRAIN:
        return 1
    return int(settings.JOB_PROCESSES or max(1, gpus_visible()))


def gpus_visible() -> int:
    """Return how many CUDA devices a job would see, asking no library: the trainer has no torch."""
    there = len([path for path in DEVICES.glob("nvidia*") if path.name[6:].isdigit()])
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return there
    found = 0
    for name in named.split(","):
        # As CUDA does: what follows a device that there is not, is not seen.
        if not name.strip() or name.strip().startswith("-"):
            break
        found += 1
    return min(found, there)


def kin_of(pid: int) -> list[psutil.Process]:
    """Return the processes below a launcher, which have sessions of their own."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def kin_end(kin: Sequence[psutil.Process]) -> None:
    """Kill those that outlived their launcher; a process id that was used again is left alone."""
    for each in kin:
        try:
            each.kill()
        except psutil.Error:  # it has ended
            continue
