"""A reviewer decides by keyboard, loses to a colleague, revises; axe finds nothing on the way."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import project_update, scheme_set
from annotate.models import Candidate, Judgment
from tests.annotate.judging import decide, grade, record
from tests.browsers import log_in, opened
from tests.factory import GRADES_0_3, Cast, make_annotator, make_proposal, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LIST = "/projects/library/adjudications/"


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    """Three candidates in dispute, in the order of the list."""
    scheme_set(project=cast.project, grades=GRADES_0_3)
    guidelines = "# What counts\n\n- **Exact**: it answers."
    project_update(project=cast.project, overlap=2, guidelines=guidelines)
    found = make_queue(cast.project)[:3]
    ada = make_annotator(cast.project, "ada")
    for rank, row in enumerate(found, start=1):
        make_proposal(row, "search", rank=rank)
        record(cast.project, ada, grade(row, 0, comment="Off topic.", evidence=((0, 9),)))
        record(cast.project, cast.annotator, grade(row, 3, seconds=3.0, evidence=((4, 12),)))
    return found


def on(page: Page, row: Candidate) -> None:
    """Wait until the page of this candidate has its script."""
    expect(page).to_have_url(re.compile(rf"{LIST}{row.pk}/"))
    expect(page.locator("html[data-judging=live]")).to_be_attached()


def test_by_key_alone(
    page: Page, live_server: LiveServer, cast: Cast, rows: list[Candidate]
) -> None:
    log_in(page, live_server.url, cast.reviewer.username)
    page.goto(live_server.url + LIST)
    page.get_by_role("link", name="Decide the first").click()
    on(page, rows[0])
    page.keyboard.press("2")
    expect(page.locator("#live")).to_have_text("In part: now say why.")
    page.keyboard.press("w")
    on(page, rows[1])
    page.keyboard.press("k")
    page.keyboard.press("q")
    page.keyboard.press("0")
    on(page, rows[2])
    expect(page.get_by_label("The guidelines settle it")).to_be_checked()
    page.keyboard.press("u")
    on(page, rows[1])
    expect(page.get_by_text("decided by You")).to_be_visible()
    page.keyboard.press("c")
    page.keyboard.type("4 or 3, says line 2.")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    on(page, rows[2])
    decide(cast.project, cast.manager, rows[2], 1)
    page.keyboard.press("0")
    expect(
        page.get_by_text("library-manager has decided this candidate: 1 Related")
    ).to_be_visible()
    said = Judgment.objects.adjudications().order_by("candidate")
    assert [(row.grade.value, row.comment) for row in said if row.grade] == [
        (2, "The evidence shows it"),
        (3, "The guidelines settle it. 4 or 3, says line 2."),
        (1, "It answers the question."),
    ]
    assert all(row.seconds is not None for row in said[:2])


@pytest.mark.parametrize(("scheme", "size"), [("light", (390, 844)), ("dark", (1280, 800))])
def test_axe_finds_nothing(
    browser: Browser,
    live_server: LiveServer,
    cast: Cast,
    rows: list[Candidate],
    scheme: Any,
    size: tuple[int, int],
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    with opened(browser, color_scheme=scheme, viewport=viewport, bypass_csp=True) as page:
        log_in(page, live_server.url, cast.reviewer.username)
        for address in ("", f"{rows[0].pk}/", f"{rows[0].pk}/?names=shown", "decided"):
            if address == "decided":
                page.keyboard.press("q")
                page.keyboard.press("3")
                on(page, rows[1])
                page.goto(f"{live_server.url}{LIST}{rows[0].pk}/")
                page.locator("#history summary").click()
            else:
                page.goto(f"{live_server.url}{LIST}{address}")
            report = Axe().run(page, options=RULES)
            assert report.violations_count == 0, f"{address}: {report.generate_report()}"
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= size[0], f"{address} scrolls sideways"
