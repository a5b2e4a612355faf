"""Virtual environments of clients: built once, and kept until their requirements change.

Each has the packages that it pins, and finds everything else, torch above all, where this
interpreter does: so it takes seconds to build, and a client still imports the very versions that
belong together.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[2] / ".make" / "compat"


@dataclass(frozen=True)
class Environment:
    """What a client needs beside what is here; nothing, and it is this interpreter's own.

    With `alone` its packages bring what they depend on, and nothing of ours is seen.
    """

    name: str
    pins: Sequence[str] = ()
    alone: bool = False

    def __str__(self) -> str:
        return self.name


OLDEST = Environment(
    "hub-0.36",
    (
        "huggingface_hub==0.36.2",
        "transformers==4.57.6",
        "tokenizers==0.22.2",
        "sentence-transformers==5.1.2",
        "datasets==4.4.1",
    ),
)
MIDDLE = Environment(
    "hub-1.10",
    (
        "huggingface_hub==1.10.2",
        "transformers==5.5.4",
        "tokenizers==0.22.2",
        "sentence-transformers==5.4.1",
        "datasets==4.4.1",
    ),
)
NEWEST = Environment("hub-2.4")  # what we train with ourselves


def interpreter(environment: Environment) -> str:
    """Return the path of an environment's Python, which is built where it is not there yet.

    Skips the test where its packages cannot be had.
    """
    if not environment.pins:
        return sys.executable
    told = f"2 {sys.version} {sys.prefix} {environment.alone} {' '.join(environment.pins)}"
    folder = KEPT / f"{environment.name}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
    with _alone(KEPT / f"{environment.name}.lock"):
        if not (folder / "complete").exists():
            _build(environment, folder)
    return str(folder / "bin" / "python")


def _build(environment: Environment, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    if not environment.alone:
        # Behind its own packages, which it finds first; pip adds what these want otherwise.
        site = next(folder.glob("lib/python3*/site-packages"))
        (site / "zz_ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    found = subprocess.run(
        [*command, *environment.pins], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(f"the packages of {environment} cannot be had: {found.stderr[-300:]}")
    (folder / "complete").touch()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
