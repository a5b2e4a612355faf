"""A real supervisor with real parts: kills of each kind, Ctrl-C, two at once, parts that fail."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import Postgres
from config.processes import find
from config.supervisor import MARK, Part, Supervisor

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """A supervisor process on a folder, its terminal output in a file."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.terminal = home.parent / "terminal"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, kind: str) -> subprocess.Popen[bytes]:
        self.terminal.write_bytes(b"")
        with self.terminal.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.config.supervised", kind],
                cwd=ROOT,
                env={**os.environ, "SUPERVISED_HOME": str(self.home)},
                stdout=output,
                stderr=output,
            )
        return self.process

    def start_whole(self) -> subprocess.Popen[bytes]:
        process = self.start("whole")
        self.home.mkdir(exist_ok=True)
        (self.home / "ready").touch()
        self.wait_for(lambda: "all is up" in self.shown, 30)
        return process

    @property
    def shown(self) -> str:
        return self.terminal.read_text()

    @property
    def beats(self) -> int:
        with psycopg.connect(Postgres(self.home / "postgres").url, connect_timeout=3) as connection:
            row = connection.execute("SELECT count(*) FROM beats").fetchone()
        return int(row[0]) if row else 0

    def processes(self) -> list[psutil.Process]:
        """Everything of this installation, the supervisor left out."""
        servers = [os.path.realpath(self.home / name / "data") for name in ("postgres", "valkey")]
        return find(
            lambda process: (
                process.environ().get(MARK, "").startswith(f"{self.home}:")
                or process.cwd() in servers
            )
        )

    def part(self, name: str) -> psutil.Process:
        """The running process of a part: the supervisor's child with this word in its command."""
        assert self.process
        words = {"postgres": "bin/postgres", "valkey": "valkey-server", "writer": "write"}
        children = psutil.Process(self.process.pid).children()
        (found,) = (
            child
            for child in children
            if any(word.endswith(words[name]) for word in child.cmdline())
        )
        return found

    def shows(self, name: str, message: str) -> Callable[[], bool]:
        return lambda: f"{name:<8} | {message}" in self.shown

    def beats_on(self) -> None:
        before = self.beats
        self.wait_for(lambda: self.beats > before + 3, 30)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s; shown:\n{self.shown}"
            time.sleep(0.1)

    def clean(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "a home")
    yield made
    made.clean()


def test_ctrl_c_stops_everything_and_a_second_start_finds_its_data(
    installation: Installation,
) -> None:
    process = installation.start_whole()
    installation.wait_for(lambda: installation.beats > 3, 30)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=15) == 0
    assert time.monotonic() - begun < 10
    assert installation.processes() == []
    assert installation.shown.rstrip().endswith("stopped")
    log = (installation.home / "log" / "postgres.log").read_text()
    assert "database system is shut down" in log
    process = installation.start_whole()
    assert installation.beats > 3
    process.terminate()
    assert process.wait(timeout=15) == 0
    assert installation.processes() == []


def test_each_killed_part_comes_back_and_the_others_carry_on(installation: Installation) -> None:
    installation.start_whole()
    for name in ("postgres", "valkey", "writer"):
        victim = installation.part(name)
        victim.kill()
        installation.wait_for(installation.shows(name, "was killed by SIGKILL"), 30)
        installation.wait_for(installation.shows(name, "is back"), 30)
        assert installation.part(name).pid != victim.pid
        installation.beats_on()


def test_a_killed_supervisor_does_not_block_the_next(installation: Installation) -> None:
    first = installation.start_whole()
    installation.wait_for(lambda: installation.beats > 3, 30)
    before = installation.beats
    left = installation.processes()
    assert any(process.name() == "sleep" for process in left)
    first.kill()
    first.wait()
    second = installation.start_whole()
    assert installation.beats >= before
    alive = installation.processes()
    assert not [process for process in left if process in alive]
    assert installation.part("postgres").ppid() == second.pid


def test_a_closed_terminal_stops_everything(installation: Installation) -> None:
    controller, terminal = pty.openpty()
    # As under `ssh -t host make run`: the session's leader is not the supervisor, and only waits.
    leader = "import subprocess, sys, signal; signal.signal(signal.SIGHUP, lambda *_: None)\n"
    leader += "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    leader += (
        "sys.exit(subprocess.call([sys.executable, '-m', 'tests.config.supervised', 'plain']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", leader],
        cwd=ROOT,
        env={**os.environ, "SUPERVISED_HOME": str(installation.home)},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    installation.process = process
    os.close(terminal)
    shown = b""
    while b"all is up" not in shown:
        shown += os.read(controller, 4096)
    os.close(controller)
    assert process.wait(timeout=10) == 0
    assert installation.processes() == []


def test_a_second_supervisor_is_refused(installation: Installation) -> None:
    first = installation.start("stubborn")
    installation.wait_for(lambda: "all is up" in installation.shown, 30)
    second = Installation(installation.home)
    second.terminal = installation.home.parent / "second terminal"
    assert second.start("stubborn").wait(timeout=10) == 1
    assert f"is in use already by process {first.pid} since" in second.shown
    assert "choose another ARBITER_HOME" in second.shown
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=10) == 0
    assert "stubborn | did not stop in time and is killed" in installation.shown
    assert installation.processes() == []


def test_a_part_that_cannot_start_is_reported_with_its_log(installation: Installation) -> None:
    assert installation.start("broken-part").wait(timeout=30) == 1
    assert "broken  | ended with exit status 1; starts again in 0.25 s" in installation.shown
    assert "broken ended 5 times within 60 s" in installation.shown
    assert "reading" in installation.shown  # from the log's end; not an important line by itself
    assert "ERROR the disk is upside down" in installation.shown
    assert installation.processes() == []


def test_a_failing_step_ends_the_start(installation: Installation) -> None:
    assert installation.start("broken-step").wait(timeout=30) == 1
    assert "migrate ended with exit status 1" in installation.shown
    assert "the disk is upside down" in installation.shown
    assert not (installation.home / "log" / "web.log").exists()


def test_a_program_that_is_not_there_is_named(installation: Installation) -> None:
    assert installation.start("not-there").wait(timeout=30) == 1
    assert "cannot run /does/not/exist: No such file or directory" in installation.shown


def test_two_parts_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same name twice: web, web"):
        Supervisor(tmp_path, Part("web", ["/bin/true"]), Part("web", ["/bin/true"]))
