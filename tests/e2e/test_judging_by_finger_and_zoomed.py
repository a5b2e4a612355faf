"""Where there are fingers and no keys, targets are wide and nothing tells of keys; a window that is
narrow because it is zoomed keeps its keys."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.e2e.judging import open_page, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZOOMED = {"viewport": {"width": 640, "height": 400}}


def test_a_zoomed_page_still_leads_to_its_keys(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username, **ZOOMED) as page:
        ready(page)
        expect(page.locator(".tools kbd").first).to_be_visible()
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Letters and digits act as keys").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("1")
        expect(page.locator("#done")).to_have_text("0")
