"""A whole installation of its own for a test: `manage.py up` in a folder, on a free port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psutil

from tests.factory import PASSWORD

ROOT = Path(__file__).resolve().parents[1]


class Installation:
    """An ARBITER_HOME of its own, on a free port, without the servers of the other tests."""

    def __init__(self, home: Path, *, sample: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name not in _OURS}
        self.home = home
        self.base = f"http://127.0.0.1:{port}"
        self.env = {
            **kept,
            "ARBITER_HOME": str(home),
            "ARBITER_BIND": f"127.0.0.1:{port}",
            "ARBITER_SAMPLE": str(int(sample)),
        }

    @contextmanager
    def up(self, until: str = r"welcome\s+\| is done") -> Iterator[list[str]]:
        """Start it, yield its lines up to one that matches, and stop it with Ctrl-C."""
        output = self.home.parent / "output.txt"
        with output.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.env, stdout=out
            )
            try:
                yield _wait_for(output, until, process)
            finally:
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 0, output.read_text()

    def command(self, *words: str, **env: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={**self.env, **env},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def parts(self) -> dict[str, psutil.Process]:
        """Return our running parts by a word of their command line."""
        found = {}
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                ours = process.environ().get("ARBITER_HOME") == str(self.home)
            except psutil.Error:
                continue
            for name, word in WORDS.items():
                if ours and word in words and name not in found:
                    found[name] = process
        return found


_OURS = {"DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "PUBLIC_URL", "ARBITER_HOME"}
WORDS = {"web": "gunicorn", "worker": "default", "trainer": "trainer", "beat": "beat"}


def _wait_for(output: Path, pattern: str, process: subprocess.Popen[bytes]) -> list[str]:
    deadline = time.monotonic() + 90
    while not re.search(pattern, output.read_text()):
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    return output.read_text().splitlines()


def claim(base: str, lines: list[str], username: str) -> httpx.Client:
    """Open the owner link among the first start's lines; return the owner's browser session."""
    link = next(line for line in lines if "/welcome/" in line).split()[-1]
    browser = httpx.Client(base_url=base)
    browser.get(link)
    form = {"username": username, "password": PASSWORD}
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    answer = browser.post(link, data=form, headers={"Referer": link})
    assert answer.status_code == 302, answer.text
    return browser
