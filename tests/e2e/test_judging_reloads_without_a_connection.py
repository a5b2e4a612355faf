"""A reload while offline brings the page back; what is kept for that is one person's alone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment
from tests.browsers import log_in_by_form
from tests.e2e.judging import all_sent, open_page, passage, press_and_wait, ready, unsent
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORKING: dict[str, Any] = {"service_workers": "allow"}
KEPT = """async () => {
    const names = await caches.keys();
    const found = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return found.flat().map(({ url }) => new URL(url).pathname);
}"""
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"


def kept(page: Page) -> None:
    """Wait until the page, its parts and its items lie in the browser."""
    for _ in range(100):
        found = page.evaluate(KEPT)
        if len(found) > 25 and any(each.endswith("/judge/items") for each in found):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"kept are only {found}")


def nothing_kept(page: Page) -> None:
    """Wait until none of it does."""
    for _ in range(50):
        found = [each for each in page.evaluate(KEPT) if not each.startswith("/static/")]
        if not found:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still kept: {found}")


def test_a_reload_offline_goes_on_where_it_was(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 10, 10)
    with open_page(browser, live_server.url, cast.annotator.username, **WORKING) as page:
        ready(page)
        press_and_wait(page, "1")
        all_sent(page)
        kept(page)
        page.context.set_offline(True)
        press_and_wait(page, "0")
        shown = press_and_wait(page, "1")
        after = passage(page)
        assert shown != after
        page.reload()
        ready(page)
        assert passage(page) == after
        expect(page.locator("#done")).to_have_text("3")
        expect(page.locator("#remaining")).to_have_text("97")
        press_and_wait(page, "1")
        assert unsent(page) == 3
        page.context.set_offline(False)
        all_sent(page)
        assert Judgment.objects.counted().count() == 4
        # While the server answers, that is what shows.
        page.reload()
        ready(page)
        expect(page.locator("html[data-kept]")).to_have_count(0)
        expect(page.locator("#done")).to_have_text("4")
        cast.project.members.filter(user=cast.annotator).delete()
        page.reload()
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
        nothing_kept(page)


def test_who_leaves_or_comes_finds_nothing_kept(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 10, 10)
    base = live_server.url
    with open_page(browser, base, cast.annotator.username, **WORKING) as page:
        ready(page)
        kept(page)
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login/**")
        nothing_kept(page)
        assert page.evaluate(WORKERS) == 0
        log_in_by_form(page, base, cast.annotator.username)
        page.goto(f"{base}/projects/library/judge/")
        ready(page)
        kept(page)
        page.context.clear_cookies()  # the session has ended elsewhere
        log_in_by_form(page, base, cast.reviewer.username)
        nothing_kept(page)
        page.context.set_offline(True)
        with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
            page.goto(f"{base}/projects/library/judge/")
