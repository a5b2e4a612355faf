"""Probes and scrapers ask by address; pages answer only the names that ALLOWED_HOSTS has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.http.request import validate_host
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "[fd00::7]", "not a host"])
def test_a_probe_by_address_is_answered(client: Client, path: str, host: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 200
    assert client.get("/accounts/login/", headers={"Host": host}).status_code == 400


def test_an_ipv6_public_url_is_an_allowed_host(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from config import settings; print(*settings.ALLOWED_HOSTS)"],
        cwd=ROOT,
        env={**os.environ, "ARBITER_HOME": str(tmp_path), "PUBLIC_URL": "http://[fd00::1]:8000"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert validate_host("[fd00::1]", told)
    assert not validate_host("[fd00::2]", told)
