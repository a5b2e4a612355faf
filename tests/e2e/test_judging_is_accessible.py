"""The judging page has no WCAG 2.2 A or AA violation that axe finds, and needs no JavaScript."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import project_update, scheme_set
from annotate.models import Action, Judgment
from tests.annotate.judging import reword_passage
from tests.e2e.judging import ended, open_page, passage, press_and_wait, ready
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
        page.keyboard.press("f")
        page.keyboard.press("c")
        for state in ("item", "keys", "end"):
            if state == "keys":
                page.keyboard.press("Escape")
                page.keyboard.press("?")
            if state == "end":
                page.keyboard.press("Escape")
                press_and_wait(page, "3")
                press_and_wait(page, "0")
                ended(page)
            report = Axe().run(page, options=RULES)
            assert report.violations_count == 0, f"{state}: {report.generate_report()}"
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= size[0], f"{state} scrolls sideways"


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
            for target in page.locator(".bar button, .bar summary, .bar select").all():
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
