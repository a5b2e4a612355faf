"""A long passage is folded around the first match; the rest is one key away; the frame stays."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.e2e.judging import open_page, press_and_wait, ready
from tests.factory import Cast, make_candidate, make_passage, make_query

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SEEN = """(selector) => {
  const node = document.querySelector(selector);
  const box = node.getBoundingClientRect();
  const clip = (node.closest('.folded') ?? document.body).getBoundingClientRect();
  const bar = document.querySelector('.bar').getBoundingClientRect().top;
  const low = node.closest('.bar') ? innerHeight : Math.min(clip.bottom, bar);
  return box.top >= Math.max(clip.top, 0) - 1 && box.bottom <= low + 1;
}"""


def seen(page: Page, selector: str) -> bool:
    return bool(page.evaluate(SEEN, selector))


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_first_match_is_in_sight_and_space_shows_the_rest(
    browser: Browser, live_server: LiveServer, cast: Cast, size: tuple[int, int]
) -> None:
    query = make_query(cast.project, "Where is the needle?")
    long = "Hay lies in a stack. " * 500 + "Needles are here. " + "More hay. " * 400
    for number, text in enumerate((long, "A needle, short.", "Hay. " * 4000)):
        passage = make_passage(cast.project, text, title=f"Title {number}")
        make_candidate(query, passage, position=number)
    options: dict[str, Any] = {"viewport": {"width": size[0], "height": size[1]}}
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        ready(page)
        frame = ("#title", "#query", "button.grade", "#unfold")
        assert all(seen(page, part) for part in (*frame, "#text mark"))
        expect(page.locator("#unfold")).to_contain_text(f"Show all {len(long):,} characters")
        assert page.evaluate("() => scrollY") == 0
        place = page.locator("#text mark").bounding_box()
        page.keyboard.press("Space")
        expect(page.locator("#unfold")).to_be_hidden()
        now = page.locator("#text mark").bounding_box()
        assert place is not None
        assert now is not None
        assert abs(now["y"] - place["y"]) < 2  # what was being read stays where it was
        page.keyboard.press("Space")  # from now on it scrolls the page
        page.wait_for_function("(y) => scrollY > y", arg=100)
        assert all(seen(page, part) for part in ("#title", "#query", "button.grade"))
        press_and_wait(page, "1")
        assert page.evaluate("() => scrollY") == 0
        expect(page.locator("#unfold")).to_be_hidden()  # a short one is whole
        press_and_wait(page, "1")
        expect(page.locator("#unfold")).to_be_visible()  # no match: from its beginning
        assert page.evaluate("() => document.querySelector('#text').scrollTop") == 0
        page.keyboard.press("u")
        expect(page.locator("#text")).to_have_text("A needle, short.")
