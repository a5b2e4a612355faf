"""The list layout: all candidates of a query, judged in context by key or click."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Action, Judgment, Lease
from tests.e2e.judging import all_sent, ended, open_page, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def as_list(page: Page, rows: int) -> None:
    page.keyboard.press("l")
    page.wait_for_url("**/judge/?layout=list")
    ready(page)
    expect(page.locator(".candidate")).to_have_count(rows)


def marked(page: Page) -> str:
    text: str = page.locator(".candidate[aria-current] .passage-text").inner_text()
    return text


def held() -> list[tuple[int, int | None]]:
    rows = Judgment.objects.answers().order_by("candidate")
    return [(row.candidate_id, row.grade.value if row.grade else None) for row in rows]


def test_keys_judge_the_marked_row_and_the_next_query_follows(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        as_list(page, 3)
        expect(page.locator("#group")).to_have_text("0 of 3 judged")
        assert marked(page) == "Passage 0 about thing 0."
        page.keyboard.press("j")
        page.keyboard.press("ArrowDown")
        assert marked(page) == "Passage 2 about thing 0."
        expect(page.locator(".candidate[aria-current]")).to_be_focused()
        page.keyboard.press("1")
        expect(page.locator("#live")).to_have_text(
            "Judged Relevant. 1 of 3: Passage 0 about thing 0."
        )
        page.keyboard.press("c")
        page.keyboard.type("in context")
        page.keyboard.press("Escape")
        page.keyboard.press("k")  # nowhere further up
        page.keyboard.press("j")
        expect(page.locator("#answer textarea")).to_have_value("")
        page.keyboard.press("k")
        expect(page.locator("#answer textarea")).to_have_value("in context")  # each has its own
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        expect(page.locator(".candidate[aria-current] #evidence li")).to_have_count(1)
        page.keyboard.press("0")
        expect(page.locator("#group")).to_have_text("2 of 3 judged")
        names = [row.get_attribute("aria-label") for row in page.locator(".candidate").all()]
        assert names[0] == "1 of 3: Passage 0 about thing 0.; Not relevant"
        page.keyboard.press("s")
        page.keyboard.press("n")
        expect(page.locator("#query")).to_have_text("How do I do thing 1?")
        expect(page.locator("#done")).to_have_text("3")
        page.keyboard.press("u")  # back to the query before
        expect(page.locator("#query")).to_have_text("How do I do thing 0?")
        assert marked(page) == "Passage 1 about thing 0."
        page.keyboard.press("1")
        page.keyboard.press("n")
        for key in "110":
            page.keyboard.press(key)
        page.get_by_role("button", name="Next query").click()
        ended(page)
    pks = [row.pk for row in queue]
    assert held() == list(zip(pks, [0, 1, 1, 1, 1, 0], strict=True))
    first = Judgment.objects.counted().get(candidate=pks[0])
    assert (first.comment, first.evidence) == ("in context", [[8, 9]])
    assert not Lease.objects.exists()


def test_evidence_is_marked_in_one_query_after_another(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 3, 2)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        as_list(page, 2)
        for query in range(3):
            expect(page.locator("#query")).to_have_text(f"How do I do thing {query}?")
            for _ in range(2):
                page.keyboard.press("e")
                page.keyboard.press("Enter")
                place = page.locator(".candidate[aria-current] .evidence-place")
                expect(place.locator("#evidence li")).to_have_count(1)
                page.keyboard.press("1")
            page.keyboard.press("Enter")
        ended(page)
    assert [len(row.evidence) for row in Judgment.objects.counted()] == [1] * 6


def test_a_list_stays_when_its_last_row_is_judged(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 2, 3)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        as_list(page, 3)
        for key in "101":
            page.keyboard.press(key)
        expect(page.locator("#rows-end")).to_be_focused()
        expect(page.locator("#live")).to_have_text(
            "Judged Relevant. All 3 judged. Enter: next query."
        )
        page.keyboard.press("0")  # below the rows it grades nothing
        page.keyboard.press("k")  # the last row, as ever
        assert marked(page) == "Passage 2 about thing 0."
        page.keyboard.press("0")
        expect(page.locator(".said").nth(2)).to_have_text("Not relevant")
        page.keyboard.press("Enter")
        expect(page.locator("#query")).to_have_text("How do I do thing 1?")
        page.wait_for_function("() => performance.getEntriesByName('arbiter:next').length == 5")
        expect(page.locator("#rows-end")).to_be_hidden()
        page.keyboard.press("k")
        page.keyboard.press("0")
        all_sent(page)
    assert held() == [(row.pk, value) for row, value in zip(queue, [1, 0, 0, 0], strict=False)]


def test_a_click_judges_and_changes_and_undo_returns_to_what_stood(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 2, 3)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        as_list(page, 3)
        second = page.locator(".candidate").nth(1)
        second.get_by_role("button", name="Relevant", exact=True).click()
        all_sent(page)
        assert held() == [(queue[1].pk, 1)]
        second.get_by_role("button", name="Not relevant").click()
        all_sent(page)
        assert held() == [(queue[1].pk, 0)]
        pressed = second.locator("[aria-pressed=true]")
        expect(pressed).to_have_attribute("aria-label", "Not relevant")
        expect(page.locator("#done")).to_have_text("1")
        page.keyboard.press("u")
        expect(pressed).to_have_attribute("aria-label", "Relevant")
        all_sent(page)
        assert held() == [(queue[1].pk, 1)]
        page.keyboard.press("u")
        expect(pressed).to_have_count(0)
        all_sent(page)
        assert held() == []
        assert not page.locator("#trouble").is_visible()
        page.goto(f"{live_server.url}/projects/library/judge/")  # the layout is remembered
        ready(page)
        expect(page.locator(".candidate")).to_have_count(3)
        page.keyboard.press("l")
        page.wait_for_url("**/judge/?layout=one")


def test_two_tabs_of_one_person_do_not_judge_the_same(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 1, 4)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        other = page.context.new_page()
        other.goto(f"{live_server.url}/projects/library/judge/?layout=list")
        ready(other)
        expect(other.locator(".candidate")).to_have_count(4)
        page.keyboard.press("1")
        expect(other.locator("#group")).to_have_text("1 of 4 judged")
        other.keyboard.press("0")  # the mark has moved on to the second
        expect(page.locator(".passage-text")).to_have_text("Passage 2 about thing 0.")
        expect(page.locator("#done")).to_have_text("2")
        page.keyboard.press("s")
        mark = other.locator(".candidate[aria-current] .passage-text")
        expect(mark).to_have_text("Passage 3 about thing 0.")  # the other tab has heard of it
        other.keyboard.press("1")
        for tab in (page, other):
            all_sent(tab)
            expect(tab.locator("#trouble")).to_be_hidden()
    assert Judgment.objects.count() == 4
    assert held() == list(zip([row.pk for row in queue], [1, 0, None, 1], strict=True))
    assert Judgment.objects.filter(action=Action.SKIP).count() == 1
