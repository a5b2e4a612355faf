"""What goes wrong while the page is open has an answer there, and no judgment is lost."""

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Session
from accounts.services import project_update
from annotate.models import Judgment, Kind, Lease
from tests.annotate.judging import grade, record, reword_passage
from tests.browsers import log_in_by_form
from tests.e2e.judging import all_sent, ended, open_page, press_and_wait, ready, stocked, unsent
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def kinds() -> list[str]:
    return list(Judgment.objects.order_by("created_at").values_list("kind", flat=True))


def test_two_minutes_offline_and_a_clock_that_goes_back_an_hour(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 12)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        page.clock.install()
        page.goto(f"{live_server.url}/projects/library/judge/")
        ready(page)
        press_and_wait(page, "1")
        all_sent(page)
        page.context.set_offline(True)
        page.clock.pause_at(page.evaluate("() => Date.now() / 1000 + 1"))
        for _ in range(3):
            press_and_wait(page, "1")
        page.clock.run_for(60_000)
        page.clock.set_system_time(page.evaluate("() => Date.now() / 1000 - 3600"))
        press_and_wait(page, "s")
        press_and_wait(page, "u")  # must be sent after what it takes back
        press_and_wait(page, "0")
        page.clock.run_for(60_000)
        expect(page.locator("#unsent")).to_contain_text(
            "unsent: no connection; kept in this browser"
        )
        assert Judgment.objects.count() == 1
        page.clock.resume()
        page.context.set_offline(False)
        all_sent(page)
        expect(page.locator("#trouble")).to_be_hidden()
    rows = Judgment.objects.counted().order_by("candidate")
    assert [row.grade.value for row in rows if row.grade] == [1, 1, 1, 1, 0]


def test_a_tab_left_open_over_night(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 6)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        stocked(page)  # a fetch that is still under way would renew what expires now
        Lease.objects.update(expires_at=Now())
        record(cast.project, cast.reviewer, grade(queue[0], 0))
        Session.objects.all().delete()
        press_and_wait(page, "1")
        press_and_wait(page, "1")
        expect(page.locator("#unsent")).to_contain_text("log in again in another tab")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Log in again").click()
        login = opened.value
        login.get_by_label("Username").fill(cast.annotator.username)
        login.get_by_label("Password").fill("correct horse battery")
        login.get_by_role("button", name="Log in").click()
        login.wait_for_url("**/projects/library/")
        all_sent(page)
        expect(page.locator("#late")).to_contain_text("An answer came late: kept, but not counted.")
    assert kinds() == [Kind.COUNTED, Kind.LATE, Kind.COUNTED]
    assert Judgment.objects.filter(person=cast.annotator).count() == 2


def test_another_person_logs_in_beside_an_open_page(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 6)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.context.clear_cookies()
        other = page.context.new_page()
        log_in_by_form(other, live_server.url, cast.reviewer.username)
        press_and_wait(page, "1")
        expect(page.locator("#unsent")).to_contain_text("Somebody else is logged in here now.")
        assert not Judgment.objects.exists()
        page.context.clear_cookies()
        log_in_by_form(other, live_server.url, cast.annotator.username)
        all_sent(page)
    assert Judgment.objects.get().person == cast.annotator


def test_what_was_edited_deleted_or_closed_meanwhile(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 1, 8)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        reword_passage(queue[0].passage, "Its new text.")
        press_and_wait(page, "1")
        expect(page.locator("#late")).to_contain_text("The passage was edited meanwhile")
        queue[1].delete()
        page.keyboard.press("f")
        page.keyboard.press("c")
        page.keyboard.type("worth keeping")
        page.keyboard.press("Escape")
        press_and_wait(page, "1")
        told = page.get_by_role("alert")
        expect(told).to_contain_text("There is no such candidate in this project.")
        press_and_wait(page, "0")
        all_sent(page)
        project_update(project=cast.project, closed_at=timezone.now())
        press_and_wait(page, "u")
        expect(told).to_contain_text("An undo was not accepted (2 in all): This project is closed.")
        page.reload()
        expect(page.get_by_role("heading", name="This project is closed")).to_be_visible()
        page.get_by_text("What you had answered").click()
        kept = page.locator("#trouble li").first
        expect(kept).to_contain_text(
            "How do I do thing 0? · Passage 1 about thing 0. · judged Relevant"
        )
        expect(kept).to_contain_text("flagged, “worth keeping”")
        page.get_by_role("button", name="Forget this").click()
        page.reload()
        expect(page.locator("#trouble")).to_be_hidden()
    assert kinds() == [Kind.LATE, Kind.COUNTED]


def test_an_edited_passage_comes_again_with_its_new_text(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    [first, _] = make_queue(cast.project, 1, 2)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        reword_passage(first.passage, "Its new text.")
        press_and_wait(page, "1")
        page.keyboard.press("1")
        expect(page.locator(".passage-text:visible")).to_have_text("Its new text.")
        page.keyboard.press("0")
        ended(page)
    assert kinds() == [Kind.LATE, Kind.COUNTED, Kind.COUNTED]


def test_a_removed_member_keeps_their_answers_until_they_are_back(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 6)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        stocked(page)
        member = cast.project.members.get(user=cast.annotator)
        role = member.role
        member.delete()
        press_and_wait(page, "1")
        expect(page.locator("#unsent")).to_contain_text("this project is not open to you")
        page.reload()
        assert unsent(page) == 1
        cast.project.members.create(user=cast.annotator, role=role)
        page.reload()
        ready(page)
        all_sent(page)
    assert Judgment.objects.counted().count() == 1


def test_an_answer_that_the_server_stumbles_over_keeps_no_other_back(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 1, 8)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.route(
            "**/judgments/",
            lambda route: (
                route.fulfill(status=500, json={"detail": "?"})
                if "stumble" in (route.request.post_data or "")
                else route.continue_()
            ),
        )
        page.keyboard.press("c")
        page.keyboard.type("stumble")
        page.keyboard.press("Escape")
        for _ in range(4):
            press_and_wait(page, "1")
        expect(page.locator("#unsent")).to_contain_text(
            "1 unsent: the server has trouble", timeout=15_000
        )
        page.unroute("**/judgments/")
        all_sent(page)
    assert Judgment.objects.counted().count() == 4
