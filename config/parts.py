"""What a supervisor runs besides the servers: parts that stay up, steps that end, their logs."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.processes import Steps, log_rotate, spawn

# Lines that a person at the terminal should see; everything is in the log.
IMPORTANT = r"\b(?:ERROR|CRITICAL|FATAL|PANIC)\b"
LINE_LIMIT = 400  # characters of a line in the terminal
LINES_AT_ONCE = 20

# The callable is asked at every start, when the parts before are up and can be asked themselves.
Environment = Mapping[str, str] | Callable[[], Mapping[str, str]]


@dataclass
class Part:
    """A program that stays up: it is started again whenever it ends.

    `argv[0]` is a full path; `env` is added to our environment. `ready` tells whether the part
    works now (None: as soon as it runs). It is called some five times a second from the
    supervisor's loop until it is true: let it answer within a second or two and never raise.
    """

    name: str
    argv: Sequence[str]
    env: Environment = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 6.0  # seconds from the stop signal to SIGKILL
    cwd: Path = field(default_factory=Path.cwd)
    echo: str = IMPORTANT  # log lines to repeat in the terminal (pattern)


@dataclass
class Step:
    """A program that ends before the next part starts, such as migrate.

    A `required` one that ends with another status than 0 ends the start; another is reported.
    """

    name: str
    argv: Sequence[str]
    env: Environment = field(default_factory=dict)
    cwd: Path = field(default_factory=Path.cwd)
    echo: str = IMPORTANT
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 6.0
    required: bool = True


def launch(part: Part | Step, log: Path, marker: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the program with our environment, its own and the supervisor's mark."""
    own = part.env() if callable(part.env) else part.env
    return spawn(
        part.argv,
        log=log,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **own, **marker},
        cwd=part.cwd,
        death_signal=part.stop_signal,
    )


def stop_steps(part: Part | Step) -> Steps:
    """Return the signals that end a program, with their patience in seconds."""
    return ((part.stop_signal, part.grace), (signal.SIGKILL, 5.0))


def ending(status: int) -> str:
    """Put an exit status in words."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit status {status}"


class Follower:
    """Reads what is appended to a log and picks the lines for the terminal."""

    def __init__(self, log: Path, pattern: str) -> None:
        self.log = log
        self._pattern = re.compile(pattern)
        self._rest = b""
        self._offset = self._size()  # what earlier runs wrote is not news

    def _size(self) -> int:
        try:
            return self.log.stat().st_size
        except FileNotFoundError:
            return 0

    def lines(self) -> Iterator[str]:
        """Yield the new lines that match, at most 20, and how many more there were."""
        matching = [line for line in self._new_lines() if self._pattern.search(line)]
        yield from (line[:LINE_LIMIT] for line in matching[:LINES_AT_ONCE])
        if len(matching) > LINES_AT_ONCE:
            yield f"... and {len(matching) - LINES_AT_ONCE} more such lines in {self.log}"

    def _new_lines(self) -> list[str]:
        size = self._size()
        if size < self._offset:  # emptied by somebody
            self._offset, self._rest = 0, b""
        if size == self._offset:
            return []
        with self.log.open("rb") as file:
            file.seek(self._offset)
            text = self._rest + file.read(1 << 20)
            self._offset = file.tell()
        *lines, self._rest = text.split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def rotate(self) -> None:
        """Move a log that grew too long aside."""
        if log_rotate(self.log):
            self._offset, self._rest = 0, b""
