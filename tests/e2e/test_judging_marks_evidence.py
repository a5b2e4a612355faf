"""Evidence is marked by mouse, key and finger, in code points, and kept, undone and removed."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment
from tests.e2e.judging import all_sent, open_page, press_and_wait, ready
from tests.factory import Cast, make_candidate, make_passage, make_query

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Two UTF-16 units to each emoji, one code point; and a line end that HTML would make one character.
TEXT = "Short 😀😀 start.\r\nMatching words stand here. Then a third sentence ends it."
DRAG = """([from, to]) => {
  const walk = document.createTreeWalker(document.querySelector('#text'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  for (let node = walk.nextNode(); node; at += node.length, node = walk.nextNode()) {
    if (from >= at && from < at + node.length) range.setStart(node, from - at);
    if (to > at && to <= at + node.length) range.setEnd(node, to - at);
  }
  const boxes = range.getClientRects();
  const [first, last] = [boxes[0], boxes[boxes.length - 1]];
  return [[first.left + 1, first.top + 5], [last.right - 1, last.top + 5]];
}"""


def fill(cast: Cast) -> None:
    query = make_query(cast.project, "What matches a word?")
    for number, text in enumerate((TEXT, "Another passage.")):
        make_candidate(query, make_passage(cast.project, text), position=number)


def drag(page: Page, words: str) -> None:
    """Select some words of the passage with the mouse."""
    text: str = page.evaluate("() => document.querySelector('#text').textContent")
    start = len(text[: text.index(words)].encode("utf-16-le")) // 2
    (x, y), (to_x, to_y) = page.evaluate(DRAG, [start, start + len(words.encode("utf-16-le")) // 2])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y, steps=3)
    page.mouse.up()


def spans(page: Page) -> list[str]:
    return page.locator("#text .evidence").all_inner_texts()


def test_what_is_selected_is_marked_merged_sent_and_undone(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    fill(cast)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        assert page.locator("#text mark").all_inner_texts() == ["Matching", "words"]
        drag(page, "😀 start")
        expect(page.locator("#evidence li")).to_have_text(["😀 start×"])
        drag(page, "words stand")
        drag(page, "Matching words")
        expect(page.locator("#evidence li")).to_have_count(2)
        assert spans(page) == ["😀 start", "Matching words stand"]
        assert page.locator("#text mark").all_inner_texts() == ["Matching", "words"]
        assert page.evaluate("() => getSelection().toString()") == "Matching words"  # to be copied
        page.reload()
        ready(page)
        assert spans(page) == ["😀 start", "Matching words stand"]
        page.get_by_role("button", name="Remove evidence 1").click()
        drag(page, "third")
        page.keyboard.press("Backspace")
        assert spans(page) == ["Matching words stand"]
        press_and_wait(page, "1")
        expect(page.locator("#evidence")).to_be_hidden()
        all_sent(page)
        [(start, end)] = Judgment.objects.get().evidence
        assert TEXT[start:end] == "Matching words stand"
        press_and_wait(page, "u")
        assert spans(page) == ["Matching words stand"]
        page.evaluate("sessionStorage.clear()")
        all_sent(page)
        page.reload()
        ready(page)
        assert spans(page) == ["Matching words stand"]  # which the server remembers, too


def test_evidence_is_chosen_by_key(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    fill(cast)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        live = page.locator("#live")
        page.keyboard.press("e")  # at the first of the query's words
        expect(live).to_have_text("Matching")
        expect(page.locator("#picking")).to_be_visible()
        for key, said in (
            ("ArrowRight", "words"),
            ("Shift+ArrowRight", "words stand"),
            ("Shift+ArrowRight", "words stand here"),
            ("ArrowDown", "Matching words stand here."),
            ("ArrowDown", "Then a third sentence ends it."),
            ("ArrowUp", "Matching words stand here."),
            ("Shift+ArrowDown", "Matching words stand here. Then a third sentence ends it."),
            ("ArrowLeft", "ends"),
        ):
            page.keyboard.press(key)
            expect(live).to_have_text(said)
        page.keyboard.press("Enter")
        assert spans(page) == ["ends"]
        page.keyboard.press("e")
        page.keyboard.press("Escape")
        expect(page.locator("#picking")).to_be_hidden()
        page.evaluate("() => getSelection().selectAllChildren(document.querySelector('#title'))")
        page.evaluate(
            "() => getSelection().setBaseAndExtent(document.querySelector('#text').firstChild, 0,"
            " document.querySelector('#text').firstChild, 5)"
        )
        page.keyboard.press("e")  # what is selected in any other way
        assert spans(page) == ["Short", "ends"]
        page.keyboard.press("e")
        press_and_wait(page, "1")  # a grade ends the choosing
        expect(page.locator("#picking")).to_be_hidden()
        all_sent(page)
        found = [TEXT[start:end] for start, end in Judgment.objects.get().evidence]
        assert found == ["Short", "ends"]


def test_a_finger_selects_and_then_taps(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    fill(cast)
    options: dict[str, Any] = {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
    }
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        ready(page)
        button = page.locator("#evidence-button")
        expect(button).to_be_hidden()
        page.evaluate(
            "() => getSelection().setBaseAndExtent(document.querySelector('#text').firstChild, 0,"
            " document.querySelector('#text').firstChild, 5)"
        )
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
        button.tap()
        assert spans(page) == ["Short"]
        expect(button).to_be_hidden()
