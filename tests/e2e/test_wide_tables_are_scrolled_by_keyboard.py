"""A table that is wider than the screen takes the focus and says what it is."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.browsers import log_in, opened
from tests.factory import Cast, make_judgment, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def test_the_judges_of_the_dashboard_on_a_phone_and_on_a_screen(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    for row in make_queue(cast.project, 2, 4):
        make_judgment(row, cast.annotator, grade=1)
    phone = {"width": 390, "height": 844}
    with opened(browser, viewport=phone, bypass_csp=True) as page:
        log_in(page, live_server.url, cast.manager.username)
        page.goto(f"{live_server.url}/projects/library/progress/")
        judges = page.get_by_role("region", name="What each person holds now")
        judges.focus()
        expect(judges).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.activeElement.scrollLeft > 0")
        report = Axe().run(page, options=RULES)
        assert report.violations_count == 0, report.generate_report()
        page.set_viewport_size({"width": 1280, "height": 800})
        expect(judges).to_have_count(0)  # nothing to scroll: no stop for Tab
