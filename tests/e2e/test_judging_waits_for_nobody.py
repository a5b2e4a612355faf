"""The next item is painted from what is here, while the server takes its time; undo reaches ten."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Action, Judgment
from tests.e2e.judging import all_sent, open_page, passage, press_and_wait, ready
from tests.factory import Cast, make_candidate, make_passage, make_query, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def delayed(page: Page, milliseconds: int) -> None:
    """Let every answer of the server come so much later."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    slow = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    wire.send("Network.emulateNetworkConditions", {**slow, "latency": milliseconds})


def test_a_key_paints_the_next_item_long_before_the_server_answers(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    """`python -m bench judging_page` has the figures; here the machine may be busy."""
    query = make_query(cast.project, "How do passages match?")
    for number in range(20):
        text = f"{number} {'passages that match words ' * 40}"
        make_candidate(query, make_passage(cast.project, text), position=number)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.wait_for_function("() => performance.getEntriesByType('resource').length > 5")
        press_and_wait(page, "0")
        all_sent(page)
        delayed(page, 1000)
        for _ in range(8):
            press_and_wait(page, "1")
        page.wait_for_function("() => performance.getEntriesByName('arbiter:next').length == 9")
        waits: list[float] = page.evaluate(
            "() => performance.getEntriesByName('arbiter:next').map((entry) => entry.duration)"
        )
        assert all(wait > 0 for wait in waits)
        assert sorted(waits)[-2] < 500, waits
        delayed(page, 0)
        all_sent(page)
    assert Judgment.objects.counted().count() == 9


def test_undo_reaches_the_last_ten_answers(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 14)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        for number in range(12):
            if number == 4:
                page.keyboard.press("c")
                page.keyboard.type("the fourth")
                page.keyboard.press("Escape")
                page.keyboard.press("e")
                page.keyboard.press("Enter")
            press_and_wait(page, "s" if number == 5 else "1")
        all_sent(page)
        page.reload()  # what was undone is known to the tab, not to the page
        ready(page)
        for number in range(11, 1, -1):
            press_and_wait(page, "u")
            assert passage(page) == f"Passage {number} about thing 0."
            if number == 5:
                skip = page.locator("button.earlier")
                expect(skip).to_have_attribute("name", "skip")
            if number == 4:
                expect(page.locator("#answer textarea")).to_have_value("the fourth")
                expect(page.locator("#text .evidence")).to_have_count(1)
        expect(page.locator("#done")).to_have_text("2")
        all_sent(page)
        press_and_wait(page, "0")
        all_sent(page)
    rows = Judgment.objects.counted().order_by("created_at")
    grades = [row.grade.value for row in rows if row.grade]
    assert grades == [1, 1, 0]
    assert Judgment.objects.filter(action=Action.WITHDRAW).count() == 10
