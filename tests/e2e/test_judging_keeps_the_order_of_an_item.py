"""What was answered last on an item is what holds, also where the server had trouble in between."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment, Preference
from tests.annotate.pairing import make_pairs
from tests.e2e.judging import all_sent, open_page, passage, press_and_wait, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def stumble_once(page: Page, path: str) -> None:
    """Let the server have trouble with the first request, and only after the next keys."""
    stumbled: list[bool] = []

    def answer(route: Route) -> None:
        if stumbled:
            route.continue_()
            return
        stumbled.append(True)
        page.wait_for_timeout(400)
        route.fulfill(status=503, json={"detail": "busy"})

    page.route(path, answer)


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(60)


def grades() -> list[int]:
    rows = Judgment.objects.counted().order_by("candidate").select_related("grade")
    return [row.grade.value for row in rows if row.grade]


@pytest.mark.parametrize(("keys", "held"), [("1u0", [0]), ("1u011", [0, 1, 1]), ("1u0u1", [1])])
def test_an_answer_after_an_undo_holds(
    browser: Browser, live_server: LiveServer, cast: Cast, keys: str, held: list[int]
) -> None:
    make_queue(cast.project, 1, 8)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        stumble_once(page, "**/judgments/")
        press(page, keys)
        all_sent(page)
        expect(page.locator("#done")).to_have_text(str(len(held)))
        expect(page.locator("#trouble")).to_be_hidden()
    assert grades() == held


def test_a_correction_in_the_list_holds(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 4)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.keyboard.press("l")
        page.wait_for_url("**/judge/?layout=list")
        ready(page)
        stumble_once(page, "**/judgments/")
        press(page, "1k0")
        all_sent(page)
    assert grades() == [0]


def test_a_preference_after_an_undo_holds(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_pairs(cast.project, queries=1, passages=6)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        page.goto(f"{live_server.url}/projects/library/judge/?layout=pairs")
        ready(page)
        right = page.locator(".side .passage-text").nth(1).inner_text()
        stumble_once(page, "**/preferences/")
        press(page, "1u2")
        page.wait_for_function(
            "() => !Object.keys(localStorage).some((key) => key.startsWith('arbiter:preferences'))"
        )
    row = Preference.objects.answers().get()
    assert row.preferred
    assert row.preferred.passage.text.text == right


def test_undo_ends_where_the_last_ten_answers_end(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 20)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        press_and_wait(page, "0")  # which the next page's own form could undo
        all_sent(page)
        page.evaluate("sessionStorage.clear()")
        page.reload()
        ready(page)
        for _ in range(12):
            press_and_wait(page, "1")
        undo = page.get_by_role("button", name="Undo")
        for _ in range(10):
            expect(undo).to_be_enabled()
            press_and_wait(page, "u")
        expect(undo).to_be_disabled()
        shown = passage(page)
        press(page, "u")
        all_sent(page)
        assert passage(page) == shown
    assert grades() == [0, 1, 1]


def test_an_answer_that_was_stored_unheard_before_a_reload_is_counted_once(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 8)
    fates: list[str] = []

    def lose(route: Route) -> None:
        fates.append("lost")
        if len(fates) == 1:
            route.fetch()  # stored, and nobody hears of it
        route.abort()

    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.route("**/judgments/", lose)
        press_and_wait(page, "1")
        page.wait_for_function("() => document.querySelector('#unsent').textContent.trim()")
        press_and_wait(page, "1")  # and this one never left
        page.reload()
        ready(page)
        expect(page.locator("#done")).to_have_text("2")
        page.wait_for_timeout(1500)  # lost again from here
        page.unroute("**/judgments/")
        all_sent(page)
        expect(page.locator("#done")).to_have_text("2")
        expect(page.locator("#remaining")).to_have_text("6")
    assert grades() == [1, 1]
