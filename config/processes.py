"""Child processes that do not outlive us, folder locks, and files for one pair of eyes.

Shared by the launchers (`config.embedded`) and the supervisor. No Django in here.
"""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

LOG_LIMIT = 20 * 1024 * 1024  # bytes; a log beyond it becomes NAME.log.1, which it replaces

# Runs between fork and the real program, in a fresh interpreter rather than in a preexec_fn, which
# may deadlock in a process with threads. It gives up root, asks Linux for a signal when the parent
# dies (after the change of user, which would undo the request), and undoes what Python itself set.
_SHIM = """
import os, signal, sys
parent, death, uid, gid = map(int, sys.argv[1:5])
prctl = None
if sys.platform == "linux":  # imported as root: the library may lie where only root can read
    import ctypes
    prctl = ctypes.CDLL(None).prctl
if uid >= 0:
    os.setgroups([gid]); os.setgid(gid); os.setuid(uid)
if prctl:
    prctl(1, death, 0, 0, 0)  # PR_SET_PDEATHSIG
if os.getppid() != parent:
    sys.exit("the parent process died first")
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
try:
    os.execv(sys.argv[5], sys.argv[5:])
except OSError as error:
    sys.stderr.write(f"cannot run {sys.argv[5]}: {error.strerror}\\n")
    os._exit(127)
"""


class ProcessError(RuntimeError):
    """A part cannot be started, or is in use elsewhere; the message says what to do."""


class Account(NamedTuple):
    """The user that a server runs as when we are root."""

    name: str
    uid: int
    gid: int


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path = Path("/"),
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program as the leader of its own session and process group; argv[0] is a full path.

    Its output is appended to `log`, which only our user may read. On Linux it receives
    `death_signal` when the thread that called us ends, killed or not: call from the main thread.
    `account` needs us to be root.
    """
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    shim = [sys.executable, "-I", "-S", "-c", _SHIM]
    values = [os.getpid(), death_signal.value, uid, gid]
    log.parent.mkdir(parents=True, exist_ok=True)
    log_rotate(log)
    with open(log, "ab", opener=_private) as output:
        return subprocess.Popen(
            [*shim, *map(str, values), *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def log_rotate(log: Path, limit: int = LOG_LIMIT) -> bool:
    """Move a log beyond `limit` bytes to NAME.1 and empty it; writers that append carry on."""
    try:
        if log.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    old = log.with_name(log.name + ".1")
    old.unlink(missing_ok=True)
    with log.open("rb") as source, open(old, "wb", opener=_private) as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    os.truncate(log, 0)
    return True


def log_tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, or a note that there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 32_768))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Return whether the process ended, without reaping it: its id cannot be reused meanwhile."""
    if process.returncode is not None:
        return True
    try:
        return psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def reap(process: subprocess.Popen[bytes]) -> int:
    """Kill what an ended process left in its group, then collect its exit status."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


Steps = Sequence[tuple[signal.Signals, float]]


def end(
    process: subprocess.Popen[bytes], steps: Steps, hurry: Callable[[], bool] = lambda: False
) -> int:
    """Send each (signal, seconds to wait) in turn until the process ends; kill its group last.

    Once `hurry()` is true, only the last wait is kept. Returns the exit status.
    """
    for index, (number, seconds) in enumerate(steps, start=1):
        if has_exited(process):
            break
        process.send_signal(number)
        deadline = time.monotonic() + seconds
        while not has_exited(process) and time.monotonic() < deadline:
            if hurry() and index < len(steps):
                break
            time.sleep(0.02)
    return reap(process)


def find(match: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Return the running processes that match, ourselves left out; unreadable ones do not."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and process.pid != os.getpid() and match(process):
                found.append(process)
    return found


def in_folder(folder: Path, name: str) -> Callable[[psutil.Process], bool]:
    """Match processes of a program name that work in the folder: a server and its helpers."""
    place = os.path.realpath(folder)
    return lambda process: process.name().startswith(name) and process.cwd() == place


def sweep(match: Callable[[psutil.Process], bool], steps: Steps) -> list[psutil.Process]:
    """End processes that are not our children, again and again until none matches; return them.

    Each is identified by psutil with its start time, so a reused process id is never signalled.
    """
    ended: dict[int, psutil.Process] = {}
    for number, seconds in [*steps, (signal.SIGKILL, 5.0)]:
        alive = find(match)
        if not alive:
            break
        for process in alive:
            ended[process.pid] = process
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.send_signal(number)
        deadline = time.monotonic() + seconds
        while find(match) and time.monotonic() < deadline:
            time.sleep(0.05)
    return list(ended.values())


def terminal_watch() -> Callable[[], bool]:
    """Return a function that tells whether the terminal in front of us was closed.

    A shell passes the hang-up on to its jobs, but where `make` itself leads the session
    (`ssh -t host make run`), only make is told, and it waits for us. Nothing is watched when we
    run in the background, without a terminal, or under nohup.
    """
    poll = select.poll()
    try:
        watched = os.tcgetpgrp(1) == os.getpgrp()
    except OSError:
        watched = False
    if watched and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        poll.register(1, 0)  # errors and hang-ups alone
    return lambda: bool(poll.poll(0))


@dataclass
class FolderLock:
    """One owner at a time, freed by the kernel however that owner ends (flock).

    `what` names the thing in the message for the second owner.
    """

    path: Path
    what: str
    _descriptor: int | None = field(default=None, repr=False)

    def acquire(self) -> None:
        """Take the lock, or raise ProcessError that names the process holding it."""
        if self._descriptor is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 1000).decode("utf-8", "replace") or "unknown"
            os.close(descriptor)
            raise ProcessError(f"{self.what} is in use already by process {holder}") from None
        os.ftruncate(descriptor, 0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        os.pwrite(descriptor, f"{os.getpid()} since {since}".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Free the lock; the file stays, since removing it would race with the next owner."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read (0600), whole or not at all, and flushed to disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def clean_environment() -> dict[str, str]:
    """Return the little that a server needs, free of PGDATA, LC_* and other strangers."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LANG": "C.UTF-8", "TZ": "UTC"}
