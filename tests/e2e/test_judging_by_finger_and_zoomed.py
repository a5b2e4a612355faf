"""Where there are fingers and no keys, targets are wide and nothing tells of keys; a window that is
narrow because it is zoomed keeps its keys."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.annotate.judging import reword_passage
from tests.e2e.judging import open_page, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "has_touch": True,
    "is_mobile": True,
}
ZOOMED: dict[str, Any] = {"viewport": {"width": 640, "height": 400}}


def test_a_finger_has_room_and_the_text_too(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username, **PHONE) as page:
        ready(page)
        assert not any(key.is_visible() for key in page.locator(".tools kbd, .pace kbd").all())
        for target in page.locator(".tools :is(.tool, select):visible, .pace .tool").all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= 44, target.inner_text()
        query = page.locator("#query").bounding_box()
        assert query is not None
        assert query["y"] < 160
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= PHONE["viewport"]["width"]


def test_what_is_marked_is_seen_above_the_bar(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    [row, *_] = make_queue(cast.project)
    reword_passage(row.passage, "One line of it.\n" * 14)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        expect(page.locator("#evidence li")).to_be_in_viewport(ratio=1)
        below = "() => document.querySelector('#evidence').getBoundingClientRect().bottom"
        bar = "() => document.querySelector('.bar').getBoundingClientRect().top"
        assert page.evaluate(below) <= page.evaluate(bar)


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
