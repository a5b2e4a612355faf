"""`connect_timeout` of DATABASE_URL bounds how long a request waits for a connection."""

import os
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


def test_who_asks_is_told_after_the_connect_timeout(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ARBITER_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://127.0.0.1:1/none?connect_timeout=2",
    }
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert 1.5 < float(done.stdout) < 10
