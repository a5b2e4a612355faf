"""On a phone a project's tabs scroll sideways, and the one that is open is in view."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browsers import log_in
from tests.factory import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_open_tab_is_seen_whole(page: Page, live_server: LiveServer, cast: Cast) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, live_server.url, cast.owner.username)
    for path in ("", "judge/", "snapshots/", "rerankers/", "settings/"):
        page.goto(f"{live_server.url}/projects/library/{path}")
        bar = page.locator(".tabs")
        assert bar.evaluate("each => each.scrollWidth > each.clientWidth"), path
        expect(bar.locator("[aria-current]")).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0, path
