"""The pages of a learning curve and of a check of labels: the chart is drawn from its table, doubts
are sent, axe finds no WCAG violation, and a phone scrolls nothing sideways."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Referral
from tests.browsers import log_in
from tests.e2e.test_judging_is_accessible import RULES
from tests.factory import Cast
from tests.training.held_out import SIZES, curve_job, doubt_job
from tests.training.jobs import label_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE: ViewportSize = {"width": 360, "height": 740}


def checked(page: Page, name: str) -> None:
    """Without a violation in both colours, nor anything beside a phone's screen."""
    for colour in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if colour == "dark" else "light")
        report = Axe().run(page, options=RULES)
        assert report.violations_count == 0, f"{page.url}: {report.generate_report()}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(folder, f"{name}-{colour}.png")), full_page=True)
    before = page.viewport_size
    page.set_viewport_size(PHONE)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder, f"{name}-phone.png")), full_page=True)
    assert width <= PHONE["width"], page.url
    assert before is not None
    page.set_viewport_size(before)


def test_a_curve_is_drawn_from_its_table_and_doubts_are_sent(
    page: Page, live_server: LiveServer, cast: Cast
) -> None:
    label_project(cast.project, queries=4)
    curve, doubts = curve_job(cast), doubt_job(cast)
    log_in(page, live_server.url, cast.manager.username)
    page.goto(f"{live_server.url}/projects/library/jobs/curve/")
    expect(page.locator("#cost")).to_contain_text("12 trainings")
    checked(page, "curve-new")
    page.goto(f"{live_server.url}/projects/library/jobs/{curve.pk}/")
    expect(page.locator(".growth-chart .band")).to_be_attached()
    expect(page.locator(".growth-chart circle")).to_have_count(len(SIZES))
    checked(page, "curve")
    page.goto(f"{live_server.url}/projects/library/jobs/{doubts.pk}/")
    checked(page, "doubt")
    page.get_by_role("link", name="Look at the doubts").click()
    checked(page, "doubts")
    page.get_by_label("Send doubt 2", exact=True).check()
    page.get_by_role("button", name="Send the ticked ones").click()
    expect(page.get_by_text("1 sent to the reviewers.")).to_be_visible()
    page.get_by_label("Send the strongest that are not sent yet:").fill("3")
    page.get_by_role("button", name="Send to the reviewers").click()
    expect(page.get_by_text("3 sent to the reviewers.")).to_be_visible()
    page.goto(f"{live_server.url}/projects/library/adjudications/?show=referred")
    checked(page, "adjudications")
    assert Referral.objects.count() == 4
