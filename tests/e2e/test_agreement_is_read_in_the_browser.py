"""The pages of agreement: from the whole to two judges and to a passage judged differently, without
a WCAG violation that axe finds, and on a phone without scrolling sideways."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import project_update, scheme_set
from tests.e2e.judging import open_page
from tests.e2e.test_judging_is_accessible import RULES
from tests.factory import (
    GRADES_0_3,
    Cast,
    make_candidate,
    make_judgment,
    make_passage,
    make_proposal,
    make_query,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def judge(cast: Cast) -> None:
    """Two people judge eight passages under twin queries, apart on some."""
    project = cast.project
    scheme_set(project=project, grades=GRADES_0_3)
    project_update(project=project, overlap=2)
    for topic in range(4):
        passages = [make_passage(project, f"Topic {topic}, passage {row}.") for row in range(2)]
        for polite in ("", " please"):
            query = make_query(project, f"how is topic {topic} explained in detail{polite}")
            for row, passage in enumerate(passages):
                candidate = make_candidate(query, passage)
                make_judgment(candidate, cast.annotator, (topic + row) % 4, slot=1)
                make_judgment(candidate, cast.reviewer, (topic + row * bool(polite)) % 4, slot=2)
                make_proposal(candidate, "bm25", row)
                make_proposal(candidate, "dense", 1 - row)


def checked(page: Page, width: int) -> None:
    report = Axe().run(page, options=RULES)
    assert report.violations_count == 0, f"{page.url}: {report.generate_report()}"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width, page.url


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_from_the_whole_to_the_parts(
    browser: Browser, live_server: LiveServer, cast: Cast, scheme: str, width: int
) -> None:
    judge(cast)
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "color_scheme": scheme,
        "bypass_csp": True,  # axe is injected as an inline script
    }
    with open_page(browser, live_server.url, cast.manager.username, **options) as page:
        page.get_by_role("link", name="Agreement", exact=True).click()
        expect(page.get_by_role("row", name="Percent agreement How often")).to_contain_text("16")
        page.get_by_label("Shown as").select_option("Percent agreement")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("Percent agreement of every two judges")).to_be_visible()
        checked(page, width)
        two = re.compile("^library-(annotator|reviewer) and library-(annotator|reviewer): 0")
        page.get_by_role("link", name=two).first.click()
        expect(page.get_by_role("heading", name="How their labels rank the runs")).to_be_visible()
        checked(page, width)
        page.get_by_role("main").get_by_role("link", name="Agreement", exact=True).click()
        page.get_by_role("link", name="See them all").click()
        expect(page.get_by_text("grades apart").first).to_be_visible()
        checked(page, width)
