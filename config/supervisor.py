"""One foreground process that starts the parts in order, keeps them up, and stops them in reverse.

    Supervisor(home, Postgres(…), Valkey(…), Step("migrate", …), Part("web", …)).run()

A part that ends, killed or not, is started again. The end of the supervisor is the end of its
parts: on Linux the kernel tells them, and the next start ends whatever is left, which it knows
by a mark in their environment. Each part writes straight to `home/log/NAME.log`, so that nothing
is lost or blocked when nobody reads. No Django in here.
"""

import contextlib
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psutil

from config.parts import Follower, Part, Step, ending, launch, stop_steps
from config.processes import (
    FolderLock,
    ProcessError,
    end,
    has_exited,
    log_tail,
    reap,
    sweep,
    terminal_watch,
)
from config.server import Server

__all__ = ["Part", "Step", "Supervisor"]

MARK = "ARBITER_SUPERVISED"  # in the environment of every part and its children: HOME:INSTANCE
TICK = 0.2  # seconds
TROUBLE_DEATHS = 5
TROUBLE_SECONDS = 60.0
LONGEST_PAUSE = 30.0
SLOW_SECONDS = 20.0


@dataclass
class _Run:
    """A part as it runs: its process, whether it is ready, when it died, when to try again."""

    part: Server | Part
    follower: Follower
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    was_ready: bool = False
    deaths: deque[float] = field(default_factory=deque)
    retry_at: float = 0.0


class Supervisor:
    """Runs servers, steps and parts, in the order given, on one ARBITER_HOME."""

    def __init__(self, home: Path, *parts: Server | Step | Part) -> None:
        self.home = Path(os.path.realpath(home.expanduser()))
        self.stopping = threading.Event()
        self._parts = parts
        self._runs: list[_Run] = []
        self._hurry = False
        self._mark = f"{self.home}:{secrets.token_hex(8)}"
        self._lock = FolderLock(self.home / "run" / "supervisor.lock", f"Arbiter in {self.home}")
        self._wakeup = -1
        self._terminal_closed: Callable[[], bool] = lambda: False
        if len({part.name for part in parts}) != len(parts):
            raise ValueError(f"same name twice: {', '.join(part.name for part in parts)}")

    def run(self) -> int:
        """Start everything and stay until SIGINT, SIGTERM or SIGHUP; return the exit status.

        0 after a clean stop, 1 when the start failed or another supervisor runs here. Call it
        from the main thread.
        """
        try:
            self._lock.acquire()
        except ProcessError as error:
            self.say(f"{error}.\nStop it there with Ctrl-C, or choose another ARBITER_HOME.")
            return 1
        with self._signals():
            try:
                self._start_all()
                while not self.stopping.is_set():
                    self._tick()
            except ProcessError as error:
                self.say(str(error))
                return 1
            finally:
                self._stop_all()
                self._lock.release()
        return 0

    def say(self, message: str, name: str = "arbiter") -> None:
        """Print to the terminal with time and name before each line."""
        width = max((len(part.name) for part in self._parts), default=0)
        head = f"{time.strftime('%H:%M:%S')} {name:<{max(width, 7)}} | "
        # The terminal may be gone; the parts live on in their logs.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write("".join(f"{head}{line}\n" for line in message.splitlines()))
            sys.stdout.flush()

    def log(self, name: str) -> Path:
        """Return the log of a part."""
        return self.home / "log" / f"{name}.log"

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn signals into flags, and wake the loop at each and at the end of a child."""
        self._wakeup, write = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(write, False)
        self._terminal_closed = terminal_watch()
        numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup
            numbers.remove(signal.SIGHUP)
        before = {number: signal.signal(number, self._asked_to_stop) for number in numbers}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        wakeup_before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._wakeup)
            os.close(write)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._hurry = self.stopping.is_set()  # the second time
        self.stopping.set()

    def _pause(self) -> None:
        select.select([self._wakeup], [], [], TICK)
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wakeup, 512):
                pass

    def _start_all(self) -> None:
        self._end_leftovers()
        for part in self._parts:
            if self.stopping.is_set():
                return
            if isinstance(part, Step):
                self._run_step(part)
            else:
                self._start(part)

    def _end_leftovers(self) -> None:
        def is_left(process: psutil.Process) -> bool:
            mark = process.environ().get(MARK, "")
            return mark.rpartition(":")[0] == str(self.home)

        if ended := sweep(is_left, ((signal.SIGTERM, 6.0),)):
            self.say(f"ended {len(ended)} processes of an earlier start that was killed")

    def _run_step(self, step: Step) -> None:
        log = self.log(step.name)
        follower = Follower(log, step.echo)
        process = launch(step, log, {MARK: self._mark})
        while not has_exited(process):
            self._tick()
            self._echo(step.name, follower)
            if self.stopping.is_set():
                end(process, stop_steps(step), lambda: self._hurry)
                return
        self._echo(step.name, follower)
        if status := reap(process):
            trouble = f"{step.name} {ending(status)}. The end of {log}:\n{log_tail(log)}"
            if step.required:
                raise ProcessError(trouble)
            self.say(trouble)
            return
        self.say("is done", step.name)

    def _start(self, part: Server | Part) -> None:
        run = _Run(part, Follower(self.log(part.name), part.echo))
        self._runs.append(run)
        self._launch(run)
        notice = time.monotonic() + SLOW_SECONDS
        while not run.was_ready and not self.stopping.is_set():
            self._tick()
            if time.monotonic() > notice:
                self.say(f"still starting, see {run.follower.log}", part.name)
                notice += SLOW_SECONDS

    def _launch(self, run: _Run) -> None:
        log = run.follower.log
        run.ready = False
        if isinstance(run.part, Server):
            run.process = run.part.launch(log=log)
        else:
            run.process = launch(run.part, log, {MARK: self._mark})

    def _tick(self) -> None:
        """Wait a moment, then look after every part once."""
        self._pause()
        if self._terminal_closed():
            self.stopping.set()
        for run in self._runs:
            self._echo(run.part.name, run.follower)
            if self.stopping.is_set():
                return
            if run.process is None:
                self._try_again(run)
            elif has_exited(run.process):
                self._died(run, reap(run.process))
            elif not run.ready and (run.part.ready is None or run.part.ready()):
                self.say("is back" if run.was_ready else "is up", run.part.name)
                run.ready = run.was_ready = True

    def _echo(self, name: str, follower: Follower) -> None:
        for line in follower.lines():
            self.say(line, name)
        follower.rotate()

    def _try_again(self, run: _Run) -> None:
        if time.monotonic() < run.retry_at:
            return
        try:
            self._launch(run)
        except ProcessError as error:
            self.say(str(error), run.part.name)
            self._count_death(run)

    def _died(self, run: _Run, status: int) -> None:
        run.process = None
        pause = self._count_death(run)
        self.say(f"{ending(status)}; starts again in {pause:.2g} s", run.part.name)

    def _count_death(self, run: _Run) -> float:
        """Note a death; return the pause before the next try, in seconds. May give up."""
        now = time.monotonic()
        run.deaths.append(now)
        while run.deaths[0] < now - TROUBLE_SECONDS:
            run.deaths.popleft()
        pause = min(0.25 * 2.0 ** (len(run.deaths) - 1), LONGEST_PAUSE)
        run.retry_at = now + pause
        if len(run.deaths) == TROUBLE_DEATHS:
            log = run.follower.log
            trouble = f"{run.part.name} ended {TROUBLE_DEATHS} times within {TROUBLE_SECONDS:.0f} s"
            trouble += f". The end of {log}:\n{log_tail(log)}"
            if not run.was_ready:
                raise ProcessError(trouble)
            self.say(trouble)
        return pause

    def _stop_all(self) -> None:
        """Stop the programs together, last first, then the servers one by one."""
        self.stopping.set()
        self.say("stopping")
        programs = [run for run in reversed(self._runs) if isinstance(run.part, Part)]
        deadlines: list[tuple[_Run, float]] = []
        for run in programs:
            if run.process and not has_exited(run.process) and isinstance(run.part, Part):
                run.process.send_signal(run.part.stop_signal)
                deadlines.append((run, time.monotonic() + run.part.grace))
        for run, deadline in deadlines:
            self._await_end(run, deadline)
        # Children of theirs in groups of their own, such as a training run.
        sweep(lambda process: process.environ().get(MARK) == self._mark, ((signal.SIGTERM, 2.0),))
        for run in reversed(self._runs):
            if isinstance(run.part, Server):
                run.part.stop(hurry=lambda: self._hurry)
        self.say("stopped")

    def _await_end(self, run: _Run, deadline: float) -> None:
        assert run.process
        while not has_exited(run.process) and time.monotonic() < deadline and not self._hurry:
            self._pause()
        if not has_exited(run.process):
            self.say("did not stop in time and is killed", run.part.name)
        end(run.process, ((signal.SIGKILL, 5.0),))
