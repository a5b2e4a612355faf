"""No database is told at once, and one that does not answer after `connect_timeout`."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ASK = """
import time, django
django.setup()
from django.db import OperationalError, connection
began = time.monotonic()
try:
    connection.ensure_connection()
except OperationalError:
    print(time.monotonic() - began)
"""


def seconds_until_told(port: int, home: Path) -> float:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ARBITER_HOME": str(home),
        "DATABASE_URL": f"postgresql://127.0.0.1:{port}/none?connect_timeout=2",
    }
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_who_asks_is_told_in_time(tmp_path: Path) -> None:
    assert seconds_until_told(1, tmp_path) < 1.5
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert 1.5 < seconds_until_told(silent.getsockname()[1], tmp_path) < 10
