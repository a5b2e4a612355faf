"""Secrets are made once, kept, and readable by their owner only."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import ProcessError, secrets_ensure
from config.processes import log_rotate, spawn

ROOT = Path(__file__).resolve().parents[2]


def test_made_once_and_private(tmp_path: Path) -> None:
    first = secrets_ensure(tmp_path)
    assert secrets_ensure(tmp_path) == first
    assert secrets_ensure(tmp_path / "other") != first
    path = tmp_path / "secrets" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["secret_key"]


def test_an_opened_secret_is_closed_again(tmp_path: Path) -> None:
    first = secrets_ensure(tmp_path)
    path = tmp_path / "secrets" / "secret_key"
    path.chmod(0o644)
    path.parent.chmod(0o755)
    assert secrets_ensure(tmp_path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from config.embedded import secrets_ensure;"
    code += "print(secrets_ensure(Path(sys.argv[1])).secret_key)"
    together = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    told = {process.communicate()[0] for process in together}
    assert len(told) == 1
    assert len(told.pop()) > 50


def test_an_emptied_secret_is_an_error_not_a_weak_key(tmp_path: Path) -> None:
    secrets_ensure(tmp_path)
    (tmp_path / "secrets" / "secret_key").write_text("")
    with pytest.raises(ProcessError, match="no usable secret"):
        secrets_ensure(tmp_path)


def test_what_a_program_prints_is_for_its_owner_also_after_rotation(tmp_path: Path) -> None:
    """The terminal's lines are kept in logs, the first visitor's link among them."""
    log = tmp_path / "log" / "welcome.log"
    spawn([sys.executable, "-c", "print('one-time link')"], log=log, env={}).wait()
    assert log.read_text() == "one-time link\n"
    assert log_rotate(log, limit=3)
    assert {stat.S_IMODE(path.stat().st_mode) for path in log.parent.iterdir()} == {0o600}
