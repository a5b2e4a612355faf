"""The data folder is for our user alone where we make it; one that is there stays as it is."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from pytest_django.fixtures import Settings

from training.process.scratch import job_scratch, worker_name

ROOT = Path(__file__).resolve().parents[2]


def settings_read(home: Path) -> None:
    old = os.umask(0o022)
    try:
        subprocess.run(
            [sys.executable, "-c", "import config.settings"],
            cwd=ROOT, env={**os.environ, "ARBITER_HOME": str(home)}, check=True,
        )  # fmt: skip
    finally:
        os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_that_we_make_is_closed(tmp_path: Path) -> None:
    settings_read(tmp_path / "new" / "home")
    assert mode(tmp_path / "new" / "home") == 0o700


def test_one_that_is_shared_stays_so(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o775)
    settings_read(tmp_path / "home")
    assert mode(tmp_path / "home") == 0o775


def test_a_job_works_behind_a_closed_door(tmp_path: Path, settings: Settings) -> None:
    settings.ARBITER_HOME = tmp_path
    with job_scratch(worker_name()) as folder:
        assert (mode(folder), mode(folder.parent)) == (0o700, 0o700)
