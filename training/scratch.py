"""Names of job processes, and the folders in which they work."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.folders import private_folder


def worker_name() -> str:
    """Return a name for one job process, never used twice: its host and a token."""
    return f"{socket.gethostname()}:{secrets.token_hex(6)}"


def scratch_path(worker: str) -> Path:
    """Return where the process of this name keeps what it makes."""
    return Path(settings.ARBITER_HOME) / "scratch" / f"job-{worker.rpartition(':')[2]}"


def scratch_clear(worker: str) -> None:
    """Remove what a process of this name has left behind."""
    shutil.rmtree(scratch_path(worker), ignore_errors=True)


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
