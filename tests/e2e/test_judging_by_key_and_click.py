"""People judge in the browser: by key, by click, with skip and undo, and never the same item."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import project_update
from annotate.models import Action, Judgment
from tests.browsers import log_in
from tests.e2e.judging import all_sent, ended, open_page, passage, press_and_wait, ready
from tests.factory import Cast, make_passage, make_query, make_queue
from tests.factory import make_candidate as candidate_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def judging(page: Page, live_server: LiveServer, cast: Cast) -> Page:
    """The judging page of 6 candidates, open for the annotator."""
    make_queue(cast.project)
    log_in(page, live_server.url, cast.annotator.username)
    page.goto(f"{live_server.url}/projects/library/judge/")
    ready(page)
    return page


def test_one_key_judges_and_shows_the_next(judging: Page) -> None:
    assert passage(judging) == "Passage 0 about thing 0."
    judging.keyboard.press("1")
    expect(judging.locator(".passage-text")).to_have_text("Passage 1 about thing 0.")
    judging.keyboard.press("0")
    expect(judging.locator(".passage-text")).to_have_text("Passage 2 about thing 0.")
    expect(judging.locator("#done")).to_have_text("2")
    expect(judging.locator("#remaining")).to_have_text("4")
    expect(judging.locator("#live")).to_have_text(
        "Judged Not relevant. Next query: How do I do thing 0?"
    )
    all_sent(judging)
    rows = Judgment.objects.counted().order_by("candidate")
    assert [row.grade.value for row in rows if row.grade] == [1, 0]
    assert all(row.seconds is not None and 0 <= row.seconds < 60 for row in rows)


def test_a_count_from_before_an_answer_is_not_shown(judging: Page) -> None:
    """What is fetched ahead while an answer is on its way does not know of that answer."""
    press_and_wait(judging, "1")
    all_sent(judging)
    judging.wait_for_load_state("networkidle")  # or the next fetch might have begun already
    answers: list[Route] = []
    judging.route("**/judgments/", lambda route: answers.insert(0, route))
    with judging.expect_response("**/lease/"):
        judging.keyboard.press("0")
    expect(judging.locator("#remaining")).to_have_text("4")
    with judging.expect_event("requestfinished", lambda request: "judgments" in request.url):
        answers.pop().continue_()
    all_sent(judging)
    expect(judging.locator("#remaining")).to_have_text("4")


def test_a_click_judges_with_its_flag_and_comment(judging: Page) -> None:
    judging.keyboard.press("f")
    judging.keyboard.press("c")
    judging.keyboard.type("0 of 1 examples fits")
    judging.keyboard.press("Escape")
    judging.get_by_role("button", name="Relevant 1", exact=True).click()
    expect(judging.locator(".passage-text")).to_have_text("Passage 1 about thing 0.")
    expect(judging.get_by_label("Flag")).not_to_be_checked()
    all_sent(judging)
    row = Judgment.objects.get()
    assert (row.flagged, row.comment) == (True, "0 of 1 examples fits")


def test_skip_with_a_reason_and_undo(judging: Page) -> None:
    judging.get_by_label("Reason for skipping").select_option("The query is unclear")
    judging.locator("#item").focus()
    assert press_and_wait(judging, "s") == "Passage 0 about thing 0."
    press_and_wait(judging, "1")
    press_and_wait(judging, "u")
    assert passage(judging) == "Passage 1 about thing 0."
    judging.get_by_role("button", name="Undo").click()
    expect(judging.locator(".passage-text")).to_have_text("Passage 0 about thing 0.")
    expect(judging.locator("#done")).to_have_text("0")
    press_and_wait(judging, "1")
    all_sent(judging)
    assert Judgment.objects.counted().count() == 1
    skips = Judgment.objects.filter(action=Action.SKIP, current=False)
    assert {row.skip_reason for row in skips} <= {"The query is unclear"}


def test_a_reload_shows_the_same_item_and_undo_still_reaches_back(judging: Page) -> None:
    press_and_wait(judging, "1")
    before = passage(judging)
    judging.reload()
    ready(judging)
    assert passage(judging) == before
    press_and_wait(judging, "u")
    assert passage(judging) == "Passage 0 about thing 0."


def test_undo_reaches_what_another_tab_has_done(judging: Page, cast: Cast) -> None:
    press_and_wait(judging, "1")
    all_sent(judging)
    judging.evaluate("sessionStorage.clear()")
    judging.reload()
    ready(judging)
    judging.get_by_role("button", name="Undo").click()
    expect(judging.locator(".passage-text")).to_have_text("Passage 0 about thing 0.")
    assert not Judgment.objects.counted().exists()


def test_the_end_sums_up(judging: Page) -> None:
    for key in "110s1":
        press_and_wait(judging, key)
    judging.keyboard.press("1")
    again = judging.get_by_role("button", name="Look at the one you skipped")
    expect(again).to_be_visible()
    expect(judging.get_by_role("row", name="1 Relevant")).to_contain_text("4")
    expect(judging.get_by_role("row", name="Skipped")).to_contain_text("1")
    assert Judgment.objects.counted().count() == 5
    again.click()
    ready(judging)
    expect(judging.locator(".passage-text:visible")).to_have_text("Passage 0 about thing 1.")
    judging.keyboard.press("0")
    ended(judging)
    ready(judging)
    judging.keyboard.press("U")  # also with Caps Lock; and it reaches the last answer
    ready(judging)
    expect(judging.locator(".passage-text:visible")).to_have_text("Passage 0 about thing 1.")
    expect(judging.get_by_role("button", name="Not relevant")).to_have_class(re.compile("earlier"))


def test_space_after_a_click_scrolls_and_judges_nothing(judging: Page) -> None:
    judging.get_by_role("button", name="Relevant 1", exact=True).click()
    expect(judging.locator("#item")).to_be_focused()
    for key in ("Space", "Enter"):
        judging.keyboard.press(key)
    judging.keyboard.press("0")
    judging.get_by_role("button", name="Undo").click()
    judging.keyboard.press("Space")
    expect(judging.locator("#done")).to_have_text("1")
    all_sent(judging)
    assert [row.grade.value for row in Judgment.objects.counted() if row.grade] == [1]


def test_undo_puts_back_what_was_answered(judging: Page) -> None:
    judging.keyboard.press("f")
    judging.keyboard.press("c")
    judging.keyboard.type("three lines")
    judging.keyboard.press("Escape")
    press_and_wait(judging, "0")
    expect(judging.locator("#answer textarea")).to_have_value("")
    press_and_wait(judging, "u")
    expect(judging.locator("#live")).to_contain_text("you had judged it Not relevant")
    expect(judging.locator("#answer textarea")).to_have_value("three lines")
    expect(judging.get_by_label("Flag")).to_be_checked()
    expect(judging.locator("button.earlier")).to_have_attribute("value", "0")
    press_and_wait(judging, "1")
    expect(judging.locator("button.earlier")).to_have_count(0)
    all_sent(judging)
    row = Judgment.objects.counted().get()
    assert (row.comment, row.flagged) == ("three lines", True)


def test_a_reason_is_chosen_by_key_and_keys_work_beside_it(judging: Page) -> None:
    judging.keyboard.press("r")
    judging.keyboard.press("R")
    expect(judging.locator("#live")).to_have_text("Reason for skipping: The passage is unreadable.")
    press_and_wait(judging, "s")
    judging.get_by_label("Reason for skipping").focus()
    press_and_wait(judging, "1")
    expect(judging.locator("#item")).to_be_focused()
    judging.get_by_label("Reason for skipping").focus()
    judging.keyboard.press("Escape")
    expect(judging.locator("#item")).to_be_focused()
    all_sent(judging)
    assert Judgment.objects.get(action=Action.SKIP).skip_reason == "The passage is unreadable"
    assert Judgment.objects.counted().count() == 1


def test_guidelines_and_keys_open_by_key(judging: Page) -> None:
    panel = judging.locator("#guidelines")
    expect(panel).to_have_attribute("open", "")
    judging.keyboard.press("g")
    expect(panel).not_to_have_attribute("open", "")
    judging.reload()
    ready(judging)
    expect(panel).not_to_have_attribute("open", "")
    judging.keyboard.press("?")
    expect(judging.get_by_role("dialog", name="Keys")).to_be_visible()
    judging.keyboard.press("1")
    assert not Judgment.objects.exists()
    judging.keyboard.press("Escape")
    expect(judging.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_letters_and_digits_can_be_turned_off(judging: Page) -> None:
    """WCAG 2.1.4: for people who dictate."""
    judging.keyboard.press("?")
    judging.get_by_label("Letters and digits act as keys").uncheck()
    judging.get_by_role("button", name="Close").click()
    judging.reload()
    ready(judging)
    for key in "1su?":
        judging.keyboard.press(key)
    expect(judging.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(judging.locator("#done")).to_have_text("0")
    judging.get_by_role("button", name="Relevant 1", exact=True).click()
    expect(judging.locator("#done")).to_have_text("1")
    judging.get_by_role("button", name="Keys").click()
    judging.get_by_label("Letters and digits act as keys").check()
    judging.keyboard.press("Escape")
    press_and_wait(judging, "1")
    expect(judging.locator("#done")).to_have_text("2")


def test_texts_are_never_taken_for_html(page: Page, live_server: LiveServer, cast: Cast) -> None:
    evil = "<img src=x onerror=\"document.title='broken'\"> </script><b>bold</b> & {{ x }}"
    query = make_query(cast.project, f"First {evil}")
    other = make_query(cast.project, f"Second {evil}")
    for number, row in enumerate((query, other)):
        text = make_passage(cast.project, f"{number} {evil}", title=f"Title {evil}")
        text.metadata = {"note": evil}
        text.save()
        candidate_of(row, text, number)
    log_in(page, live_server.url, cast.annotator.username)
    page.goto(f"{live_server.url}/projects/library/judge/")
    ready(page)
    for number, start in enumerate(("First", "Second")):
        expect(page.locator(".passage-text")).to_have_text(f"{number} {evil}")
        expect(page.locator("#query")).to_have_text(f"{start} {evil}")
        expect(page.locator("#title")).to_have_text(f"Title {evil}")
        assert page.locator("#item img, #item b, #facts img").count() == 0
        page.keyboard.press("1")
    ended(page)


def test_two_annotators_never_see_the_same_item(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 4, 5)
    project_update(project=cast.project, overlap=1)
    base = live_server.url
    with (
        open_page(browser, base, cast.annotator.username) as one,
        open_page(browser, base, cast.reviewer.username) as two,
    ):
        seen: dict[Page, list[str]] = {one: [], two: []}
        ready(one)
        ready(two)
        for turn in range(40):
            for person in (one, two):
                if not person.locator(".passage-text:visible").count():
                    continue
                if turn % 2:
                    seen[person].append(press_and_wait(person, str(turn % 3 % 2)))
                else:
                    seen[person].append(passage(person))
                    person.get_by_role("button", name="Not relevant 0").click()
        ended(one)
        ended(two)  # also where the last one was out of reach for a while
    assert not set(seen[one]) & set(seen[two])
    assert len(seen[one]) + len(seen[two]) == len(queue) == Judgment.objects.counted().count()
    assert len(set(seen[one] + seen[two])) == len(queue)
