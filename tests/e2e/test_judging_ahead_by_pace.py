"""What is held ahead lasts for two minutes at one's own pace, and leaves colleagues theirs."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Lease
from tests.e2e.judging import all_sent, open_page, press_and_wait, ready, unsent
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STOCK = """async ([module, usual, every, remaining]) => {
    const { Stock } = await import(module);
    const stock = new Stock(usual);
    for (let at = 0; every && at < 10; at += 1) stock.answered(at * every);
    const { ahead, low } = stock.wanted(remaining);
    return [ahead, low, stock.asked(remaining, 10)];
}"""


def stock(page: Page, base: str, *pace: int | None) -> Any:
    return page.evaluate(STOCK, [f"{base}/static/js/judging/stock.js", *pace])


def test_a_lost_connection_stops_nobody_for_two_minutes(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 30, 10)
    asked: list[Any] = []
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        page.on("request", lambda sent: asked.extend([sent.post_data_json] * ("lease" in sent.url)))
        for _ in range(6):
            press_and_wait(page, "1")
            page.wait_for_load_state("networkidle")
        all_sent(page)
        fetched = asked[-1]
        assert fetched["count"] >= 25  # their part of half of what is left, at this pace
        assert len(fetched["known"]) >= 5  # what is here is not sent again
        page.context.set_offline(True)
        for _ in range(20):
            press_and_wait(page, "0")
        expect(page.locator("#unsent")).to_contain_text("no connection")
        assert unsent(page) == 20
        page.context.set_offline(False)
        all_sent(page)
        base = live_server.url
        # What is held, what is the least, and what a fetch asks for where ten are here.
        assert stock(page, base, None, None, 9000) == [10, 5, 11]  # as long as no pace is known
        assert stock(page, base, None, 4_900, 9000) == [30, 25, 30]  # which lasts for two minutes
        assert stock(page, base, 4_900, None, 9000) == [30, 25, 30]  # the pace of before
        assert stock(page, base, None, 60_000, 9000) == [10, 5, 11]
        assert stock(page, base, None, 500, 9000) == [100, 95, 30]  # a hundred by and by
        assert stock(page, base, None, 500, 60) == [30, 25, 30]  # half of it alone, near the end
        assert stock(page, base, None, 500, 8) == [10, 5, 11]  # but never less than without a pace
    assert Lease.objects.count() <= 100


def test_only_who_judges_now_shares_what_is_left(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_queue(cast.project, 2, 10)
    told = "() => JSON.parse(document.querySelector('#judge-settings').textContent).judges"
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        assert page.evaluate(told) == 1  # of four members who may
        ready(page)
        with open_page(browser, live_server.url, cast.reviewer.username) as other:
            assert other.evaluate(told) == 2
