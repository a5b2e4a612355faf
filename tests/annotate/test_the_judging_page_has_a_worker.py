"""The service worker of the judging page: a script below the page, for those who judge."""

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast

pytestmark = pytest.mark.django_db
WORKER = "/projects/library/judge/worker.js"


def test_it_is_a_script_of_the_page_s_own(client: Client, cast: Cast) -> None:
    client.login(username=cast.annotator.username, password=PASSWORD)
    answer = client.get(WORKER)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        200,
        "text/javascript; charset=utf-8",
    )
    assert "no-store" in answer.headers["Cache-Control"]
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.post(WORKER).status_code == 405
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.get(WORKER).status_code == 403
    client.login(username=cast.outsider.username, password=PASSWORD)
    assert client.get(WORKER).status_code == 404
    client.logout()
    assert client.get(WORKER).headers["Location"].startswith("/accounts/login/")
