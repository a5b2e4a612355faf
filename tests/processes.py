"""Processes of their own on a test's database and files: the parts that `up` runs."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
Address = tuple[str, int]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def environment() -> dict[str, str]:
    """The environment in which a process of its own uses this test's database and files."""
    # Uploads lie below ARBITER_HOME there, and in a folder of the test's own here.
    uploads = Path(settings.ARBITER_HOME) / "uploads"
    if not uploads.is_symlink() and not uploads.exists():
        uploads.symlink_to(Path(storages["default"].path("")), target_is_directory=True)
    found = connection.settings_dict
    server = f"{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{server}/{found['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ARBITER_HOME": str(settings.ARBITER_HOME),
    }


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(), start_new_session=True
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def web_part(*, workers: int = 1, threads: int = 4) -> Iterator[Address]:
    """Gunicorn as `up` runs it, with fewer processes."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address: Address = probe.getsockname()
    options = ("--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads))
    bind = f"{address[0]}:{address[1]}"
    bound = ("--bind", bind, "--keep-alive", "30")
    with process("-m", "gunicorn", "config.wsgi", *options, *bound):
        wait_for(lambda: answers(address))
        yield address


def answers(address: Address) -> bool:
    """Say whether a web part is up."""
    with closing(http.client.HTTPConnection(*address, timeout=10)) as client:
        try:
            client.request("GET", "/livez")
            return client.getresponse().status == HTTPStatus.OK
        except OSError:
            return False
