"""`manage.py up` under another name: neither the bound address nor this machine is allowed."""

from pathlib import Path

import httpx2 as httpx
import pytest

from tests.installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WEB = r"web\s+\| is up"


def test_it_comes_up_where_only_the_public_name_is_allowed(tmp_path: Path) -> None:
    here = Installation(tmp_path / "home")
    here.env |= {"ALLOWED_HOSTS": "arbiter.example", "PUBLIC_URL": "https://arbiter.example"}
    with here.up(until=WEB):
        assert httpx.get(f"{here.base}/readyz").status_code == 200
        login = f"{here.base}/accounts/login/"
        assert httpx.get(login).status_code == 400
        assert httpx.get(login, headers={"Host": "arbiter.example"}).status_code == 200
    assert here.home.stat().st_mode & 0o777 == 0o700
