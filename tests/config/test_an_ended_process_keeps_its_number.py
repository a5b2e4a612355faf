"""That a process has ended is noticed without collecting it: its number stays its own till then."""

import sys
import time
from pathlib import Path

import psutil

from config.processes import has_exited, reap, spawn


def test_it_is_noticed_and_its_status_is_still_there(tmp_path: Path) -> None:
    script = "import sys; sys.stdin.read(); sys.exit(7)"
    process = spawn([sys.executable, "-c", script], log=tmp_path / "log", env={})
    deadline = time.monotonic() + 10
    while not has_exited(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert has_exited(process)
    assert process.returncode is None
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert reap(process) == 7
    assert has_exited(process)


def test_a_running_one_has_not(tmp_path: Path) -> None:
    process = spawn(
        [sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "l", env={}
    )
    assert not has_exited(process)
    assert reap(process) == -9
