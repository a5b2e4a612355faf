"""What the embedded servers share: one owner per folder, start, wait for a real answer, stop."""

import importlib.util
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from config.processes import (
    FolderLock,
    ProcessError,
    Steps,
    end,
    has_exited,
    in_folder,
    log_tail,
    sweep,
)


@dataclass
class Server(ABC):
    """A server process on a folder of its own (`folder/data` is the server's).

    `launch`, `ready` and `stop` are for a supervisor; `start` launches and waits.
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    log: Path = field(init=False, repr=False)
    last_error: str = field(default="", init=False, repr=False)
    _lock: FolderLock = field(init=False, repr=False)

    name: ClassVar[str]
    program: ClassVar[str]  # how its processes are called
    stop_steps: ClassVar[Steps]
    echo: ClassVar[str]  # log lines that a supervisor repeats in the terminal (pattern)
    start_seconds: ClassVar[float] = 300.0  # recovery after a crash may take minutes

    def __post_init__(self) -> None:
        self.folder = self.folder.expanduser().absolute()
        self.log = self.folder / f"{self.name}.log"
        self._lock = FolderLock(self.folder / "lock", f"{self.name} in {self.folder}")

    @property
    def data(self) -> Path:
        """The folder that the server itself keeps."""
        return self.folder / "data"

    def launch(self, *, log: Path | None = None, durable: bool = True) -> subprocess.Popen[bytes]:
        """Start the server process and return at once; `ready` tells when it answers.

        A server that a killed owner left behind is ended first. `durable=False` trades safety
        against a crash of the machine for speed: for tests. Raises ProcessError.
        """
        self._lock.acquire()
        self.log = log or self.log
        try:
            self._end_leftovers()
            self.process = self._spawn(durable)
        except BaseException:
            self._lock.release()
            raise
        return self.process

    def _end_leftovers(self) -> None:
        sweep(in_folder(self.data, self.program), self.stop_steps)

    @abstractmethod
    def _spawn(self, durable: bool) -> subprocess.Popen[bytes]:
        """Prepare the folder and start the process."""

    @abstractmethod
    def ready(self) -> bool:
        """Return whether the server answers a real request now; says why not in `last_error`."""

    def start(self, *, durable: bool = True) -> None:
        """Start the server and return once it answers. Raises ProcessError with its log's end."""
        process = self.launch(durable=durable)
        deadline = time.monotonic() + self.start_seconds
        while not self.ready():
            if has_exited(process):
                self.stop()
                raise ProcessError(f"{self.name} ended at its start:\n{log_tail(self.log)}")
            if time.monotonic() > deadline:
                self.stop()
                raise ProcessError(
                    f"{self.name} did not answer within {self.start_seconds:.0f} s"
                    f" ({self.last_error}):\n{log_tail(self.log)}"
                )
            time.sleep(0.05)

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop the server cleanly and free its folder; harmless when it does not run.

        Once `hurry()` is true, the less polite signals follow at once.
        """
        if self.process is not None:
            end(self.process, self.stop_steps, hurry)
            self.process = None
        self._lock.release()


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ProcessError(
            f"the package {package} is not installed: run `make run`, or"
            " `pip install -r requirements.txt`, or set DATABASE_URL and CELERY_BROKER_URL"
        )
    return Path(spec.submodule_search_locations[0]).resolve()
