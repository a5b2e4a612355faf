"""The API's pages have our header, follow the system into the dark, and log no error."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browsers import log_in
from tests.factory import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_in_the_dark(page: Page, live_server: LiveServer, cast: Cast) -> None:
    page.emulate_media(color_scheme="dark")
    log_in(page, live_server.url, cast.viewer.username)
    page.goto(f"{live_server.url}/api/docs/")
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="API")).to_have_attribute("aria-current", "page")
    call = page.locator(".opblock-summary-path").first
    expect(call).to_be_visible(timeout=30_000)
    lightness = "each => Number(getComputedStyle(each).color.match(/[0-9]+/)[0])"
    assert call.evaluate(lightness) > 150
    page.emulate_media(color_scheme="light")
    expect(page.locator("html.dark-mode")).to_have_count(0)
    assert call.evaluate(lightness) < 100
