"""Names of job processes, and the folders in which they work."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from config.folders import private_folder
from models_app.models import Artifact
from training.ml.backends.kept import kept_clear
from training.models import JOB_TERMINAL, TrainingJob

WORK: Final = "work-"
BACKENDS: Final = "backends"


def worker_name() -> str:
    """Return a name for one job process, never used twice: its host and a token."""
    return f"{socket.gethostname()}:{secrets.token_hex(6)}"


def scratch_path(worker: str) -> Path:
    """Return where the process of this name keeps what it makes."""
    return Path(settings.ARBITER_HOME) / "scratch" / f"job-{worker.rpartition(':')[2]}"


def scratch_clear(worker: str) -> None:
    """Remove what a process of this name has left behind."""
    shutil.rmtree(scratch_path(worker), ignore_errors=True)


def work_path(job_id: UUID) -> Path:
    """Return where a job keeps what its next attempt goes on with."""
    return Path(settings.ARBITER_HOME) / "scratch" / f"{WORK}{job_id}"


def cache_path() -> Path:
    """Return where jobs keep what holds for this machine, and can be made again."""
    return Path(settings.ARBITER_HOME) / "cache"


def works_clear() -> None:
    """Remove what jobs that are finished, or gone with their project, have kept on this machine."""
    folders = {
        path.name.removeprefix(WORK): path
        for path in Path(settings.ARBITER_HOME, "scratch").glob(f"{WORK}*")
    }
    if not folders:
        return
    alive = TrainingJob.objects.exclude(status__in=JOB_TERMINAL).filter(pk__in=folders)
    wanted = {str(pk) for pk in alive.values_list("pk", flat=True)}
    for name in folders.keys() - wanted:
        shutil.rmtree(folders[name], ignore_errors=True)


def backends_clear() -> None:
    """Remove what was converted for weights that are gone with their project, or not used."""
    kept_clear(Path(settings.ARBITER_HOME) / BACKENDS, published=_published)


def _published(weights: str) -> bool:
    """Say whether a version has these weights, in one file, or a job has scored with them."""
    scored = TrainingJob.objects.filter(outcome__weights_sha256=weights)
    return Artifact.objects.filter(sha256=weights).exists() or scored.exists()


@contextmanager
def job_scratch(worker: str) -> Iterator[Path]:
    """Yield the process's empty scratch folder and remove it afterwards."""
    folder = scratch_path(worker)
    private_folder(folder.parent)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        scratch_clear(worker)
