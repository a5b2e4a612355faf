"""The timer counts active time only; a pause sums up the sitting, and finishing frees the rest."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment, Lease
from tests.e2e.judging import all_sent, open_page, press_and_wait, ready
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
WATCH = """() => {
  const panel = document.querySelector('dialog[open]');
  window.panelClosed = new Promise((done) => panel.addEventListener('close', done, { once: true }));
}"""


def test_active_time_is_counted_and_a_sitting_is_summed_up_and_finished(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 3, 4)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        page.clock.install()
        page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
        page.goto(f"{live_server.url}/projects/library/judge/")
        ready(page)
        press_and_wait(page, "0")
        page.clock.run_for(10_000)
        page.evaluate(HIDE, True)
        page.clock.run_for(600_000)  # in another tab
        page.evaluate(HIDE, False)
        page.keyboard.press("?")
        page.clock.run_for(120_000)  # reading the keys
        page.evaluate(WATCH)
        page.keyboard.press("Escape")
        page.evaluate("() => window.panelClosed.then(() => null)")  # the event follows the key
        page.clock.run_for(5_000)
        press_and_wait(page, "1")
        page.clock.run_for(300_000)  # nobody there: 30 s at most
        page.keyboard.press("f")
        press_and_wait(page, "s")
        page.clock.run_for(2_000)
        press_and_wait(page, "u")
        press_and_wait(page, "1")
        page.keyboard.press("p")
        panel = page.get_by_role("dialog", name="This sitting")
        counts = {
            "=judged]": "3", "=grade][data-grade='0']": "1", "=grade][data-grade='1']": "2",
            "=skipped]": "0", "=flagged]": "1", "=active]": "45 s", "=pace]": r"15\.0 s",
        }  # fmt: skip
        for cell, value in counts.items():
            expect(panel.locator(f"[data-count{cell}")).to_have_text(re.compile(value))
        page.clock.resume()
        all_sent(page)
        assert Lease.objects.exists()
        panel.get_by_role("button", name="Finish").click()
        expect(page.get_by_role("heading", name="That was it for now")).to_be_visible()
        expect(page.get_by_role("row", name="1 Relevant")).to_contain_text("2")
        expect(page.get_by_role("columnheader", name="This sitting")).to_be_visible()
        assert not Lease.objects.exists()
        page.get_by_role("link", name="Go on judging").click()
        ready(page)
        page.keyboard.press("p")
        expect(page.locator("[data-count=judged]")).to_have_text("0")
    seconds = [
        row.seconds or 0 for row in Judgment.objects.filter(current=True).order_by("candidate")
    ]
    assert seconds[1] == 15, seconds
