"""`manage.py up`: from an empty folder to a usable installation; killed, stopped, started again."""

import os
import signal
import socket
import time
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.installation import WORDS, Installation, claim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def _wait_ready(base: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline, "not ready again in time"
        time.sleep(0.2)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_it_starts_survives_kills_and_loses_nothing(tmp_path: Path) -> None:
    here = Installation(tmp_path / "home with spaces")
    with here.up() as lines:
        assert claim(here.base, lines, "grace").get("/").status_code == 200
        token = here.command("create_token", "grace", "--scope", "write").splitlines()[-1]
        api = httpx.Client(base_url=here.base, headers={"Authorization": f"Bearer {token}"})
        made = api.post("/api/v1/projects/", json={"slug": "kept", "name": "Kept"})
        assert made.status_code == 201, made.text
        assert "missing" not in here.command("doctor")

        running = here.parts()
        assert set(running) == set(WORDS)
        for process in running.values():
            process.kill()
        postgres = int((here.home / "postgres/data/postmaster.pid").read_text().split()[0])
        os.kill(postgres, signal.SIGKILL)
        time.sleep(1)
        _wait_ready(here.base)
        assert api.get("/api/v1/projects/kept/").json()["name"] == "Kept"
        deadline = time.monotonic() + 30
        while set(here.parts()) != set(WORDS):
            assert time.monotonic() < deadline, here.parts()
            time.sleep(0.5)

    if has_ipv6():  # it may move to such an address, and behind a proxy's name
        port = here.base.rpartition(":")[2]
        here.env |= {"ARBITER_BIND": f"[::1]:{port}", "PUBLIC_URL": "https://arbiter.example"}
        api.base_url = httpx.URL(f"http://[::1]:{port}")
    started = time.monotonic()
    with here.up() as lines:
        assert time.monotonic() - started < 30
        assert not any("/welcome/" in line for line in lines)
        assert api.get("/livez").status_code == 200
        assert api.get("/api/v1/projects/kept/").json()["name"] == "Kept"
    time.sleep(0.5)
    assert not here.parts()
    assert (here.home / "secrets").stat().st_mode & 0o777 == 0o700
