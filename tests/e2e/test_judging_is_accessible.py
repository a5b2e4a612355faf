"""The judging page has no WCAG 2.2 A or AA violation that axe finds, and needs no JavaScript."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import project_update, scheme_set
from annotate.models import Action, Judgment
from tests.annotate.judging import reword_passage
from tests.e2e.judging import all_sent, ended, open_page, passage, press_and_wait, ready
from tests.factory import GRADES_0_3, Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_axe_finds_nothing(
    browser: Browser, live_server: LiveServer, cast: Cast, scheme: str, size: tuple[int, int]
) -> None:
    scheme_set(project=cast.project, grades=GRADES_0_3)
    project_update(project=cast.project, guidelines="# What counts\n\n- **Exact**: it answers.")
    make_queue(cast.project, 1, 2)
    options: dict[str, Any] = {
        "color_scheme": scheme,
        "viewport": {"width": size[0], "height": size[1]},
        "bypass_csp": True,  # axe is injected as an inline script
    }
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        ready(page)
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        page.keyboard.press("f")
        page.keyboard.press("c")
        for state in ("item", "keys", "pause", "choosing", "end"):
            if state != "item":
                page.keyboard.press("Escape")
            if state == "keys":
                page.keyboard.press("?")
            if state == "pause":
                page.keyboard.press("p")
            if state == "choosing":
                page.keyboard.press("e")
            if state == "end":
                press_and_wait(page, "3")
                press_and_wait(page, "0")
                ended(page)
            report = Axe().run(page, options=RULES)
            assert report.violations_count == 0, f"{state}: {report.generate_report()}"
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= size[0], f"{state} scrolls sideways"


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", (1280, 800)), ("dark", (390, 844)), ("light", (640, 400))]
)
def test_axe_finds_nothing_in_a_list(
    browser: Browser, live_server: LiveServer, cast: Cast, scheme: str, size: tuple[int, int]
) -> None:
    scheme_set(project=cast.project, grades=GRADES_0_3)
    queue = make_queue(cast.project, 1, 3)
    reword_passage(queue[0].passage, "A long passage. " * 200)
    options: dict[str, Any] = {
        "color_scheme": scheme,
        "viewport": {"width": size[0], "height": size[1]},
        "bypass_csp": True,
    }
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        page.goto(f"{live_server.url}/projects/library/judge/?layout=list")
        ready(page)
        expect(page.locator(".candidate .unfold").first).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        page.keyboard.press("2")
        for state in ("list", "its end", "my answers", "one of them"):
            if state == "its end":
                page.keyboard.press("0")
                page.keyboard.press("0")
                expect(page.locator("#rows-end")).to_be_focused()
                all_sent(page)
            if state == "my answers":
                page.goto(f"{live_server.url}/projects/library/judge/answers/")
            if state == "one of them":
                page.get_by_role("link", name="Look again or change it").first.click()
                expect(page.locator("button.grade.earlier")).to_be_visible()
            report = Axe().run(page, options=RULES)
            assert report.violations_count == 0, f"{state}: {report.generate_report()}"
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= size[0], f"{state} scrolls sideways"


def test_at_200_percent_nothing_is_hidden(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    """A window of 1280 x 800, zoomed: the passage, each grade and each tool can be reached."""
    scheme_set(project=cast.project, grades=GRADES_0_3)
    queue = make_queue(cast.project, 1, 2)
    reword_passage(queue[0].passage, "A long passage about thing 0. " * 200)
    options: dict[str, Any] = {"viewport": {"width": 640, "height": 400}}
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        ready(page)
        places = page.evaluate(
            "() => ['#query', '#text mark', 'button.grade:last-of-type', '#undo-button'].map("
            "(at) => document.querySelector(at).getBoundingClientRect().toJSON())"
        )
        assert all(box["top"] >= 0 and box["bottom"] <= 400 for box in places), places
        assert all(box["left"] >= 0 and box["right"] <= 640 for box in places), places
        for tool in ("#comment summary", "#evidence-button", "#pause-button", "#layout"):
            box = page.locator(tool).bounding_box()
            assert box is None or box["x"] + box["width"] <= 640, tool
        page.keyboard.press("Space")
        expect(page.locator("#unfold")).to_be_hidden()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 640


def test_targets_are_large_enough_and_the_bar_never_moves(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    queue = make_queue(cast.project, 1, 3)
    reword_passage(queue[1].passage, "A long passage. " * 2000)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        places = []
        for _ in range(3):
            button = page.get_by_role("button", name="Not relevant 0")
            places.append(button.bounding_box())
            for target in page.locator(
                ".bar button:visible, .bar summary, .bar select, .ways > *"
            ).all():
                box = target.bounding_box()
                assert box is not None
                assert min(box["width"], box["height"]) >= 24
            press_and_wait(page, "0")
        assert places[0] == places[1] == places[2]


def test_it_works_without_javascript(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    make_queue(cast.project, 1, 3)
    options: dict[str, Any] = {"java_script_enabled": False}
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        assert passage(page) == "Passage 0 about thing 0."
        page.get_by_label("Flag").check()
        page.get_by_role("button", name="Relevant 1", exact=True).click()
        assert passage(page) == "Passage 1 about thing 0."
        page.get_by_role("button", name="Undo").click()
        assert passage(page) == "Passage 0 about thing 0."
        page.get_by_role("button", name="Not relevant 0").click()
        page.get_by_label("Reason for skipping").select_option("I lack the knowledge")
        page.get_by_role("button", name="Skip").click()
        page.get_by_role("button", name="Relevant 1", exact=True).click()
        page.get_by_role("button", name="Look at the one you skipped").click()
        assert passage(page) == "Passage 1 about thing 0."
        page.get_by_role("button", name="Not relevant 0").click()
        expect(page.get_by_role("heading", name="You have judged everything")).to_be_visible()
    assert sorted(row.grade.value for row in Judgment.objects.counted() if row.grade) == [0, 0, 1]
    assert Judgment.objects.get(action=Action.SKIP).skip_reason == "I lack the knowledge"
    assert Judgment.objects.filter(flagged=True, current=False, action=Action.GRADE).count() == 1
