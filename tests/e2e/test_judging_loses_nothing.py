"""Answers survive a lost connection, a slow server, a reload and a lost session: all, and once."""

import pytest
from playwright.sync_api import Browser, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Session
from annotate.models import Judgment
from tests.browsers import log_in_by_form
from tests.e2e.judging import all_sent, ended, open_page, press_and_wait, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_offline_for_a_while_nothing_is_lost_and_nothing_doubled(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 2, 10)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        press_and_wait(page, "1")
        all_sent(page)
        page.context.set_offline(True)
        for _ in range(5):
            press_and_wait(page, "1")
        expect(page.locator("#unsent")).to_have_text(
            "5 unsent: no connection; kept in this browser"
        )
        page.wait_for_timeout(2500)
        assert Judgment.objects.count() == 1
        page.context.set_offline(False)
        expect(page.locator("#unsent")).to_be_hidden()
        all_sent(page)
        assert Judgment.objects.count() == Judgment.objects.counted().count() == 6
        while page.locator(".passage-text:visible").count():
            press_and_wait(page, "0")
        ended(page)
    assert Judgment.objects.counted().count() == len(queue)


def test_a_lost_acknowledgement_does_not_double(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    """The server stores the answers, but its response never arrives."""
    make_queue(cast.project)
    lost: list[str] = []

    def swallow(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.continue_()

    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.route("**/judgments/", swallow)
        press_and_wait(page, "1")
        press_and_wait(page, "0")
        all_sent(page)
    assert len(lost) == 2
    assert Judgment.objects.count() == Judgment.objects.counted().count() == 2


def test_what_the_server_had_already_is_counted_once_after_a_reload(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    """The page comes with an answer counted that this browser believes to be unsent."""
    make_queue(cast.project)
    stored: list[str] = []

    def swallow(route: Route) -> None:
        if not stored:
            stored.append(route.fetch().text())
        route.abort()

    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.route("**/judgments/", swallow)
        with page.expect_event("requestfailed", lambda request: "judgments" in request.url):
            page.keyboard.press("1")
        page.reload()
        ready(page)
        page.unroute("**/judgments/")
        all_sent(page)
        expect(page.locator("#done")).to_have_text("1")
        expect(page.locator("#remaining")).to_have_text("5")


def test_unsent_answers_survive_a_reload(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.route("**/judgments/", lambda route: route.abort())
        # A request that is held back while the page goes away gets past the route: reload
        # between two attempts.
        with page.expect_event("requestfailed", _of_two_answers):
            first = press_and_wait(page, "1")
            second = press_and_wait(page, "1")
        page.reload()
        expect(page.locator("#unsent")).to_contain_text("2 unsent")
        expect(page.locator(".passage-text:visible")).to_have_text("Passage 2 about thing 0.")
        assert first != second
        assert not Judgment.objects.exists()
        page.unroute("**/judgments/")
        all_sent(page)
    assert Judgment.objects.counted().count() == 2


def _of_two_answers(request: Request) -> bool:
    return (request.post_data or "").count('"candidate"') == 2


def test_a_lost_session_keeps_the_answers_until_the_next_login(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        press_and_wait(page, "1")
        all_sent(page)
        Session.objects.all().delete()
        press_and_wait(page, "0")
        expect(page.locator("#unsent")).to_contain_text("log in again in another tab")
        log_in_by_form(page, live_server.url, cast.annotator.username)
        page.goto(f"{live_server.url}/projects/library/judge/")
        all_sent(page)
    assert Judgment.objects.counted().count() == 2


def test_a_refused_answer_is_told(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    queue = make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        queue[0].delete()
        press_and_wait(page, "1")
        expect(page.get_by_role("alert")).to_have_text(
            "An answer was not accepted: There is no such candidate in this project."
        )
