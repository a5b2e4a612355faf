"""Small words for the browser tests of judging."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.conftest import log_in, requests_end


@contextmanager
def open_page(
    browser: Browser, base: str, username: str, slug: str = "library", **options: Any
) -> Iterator[Page]:
    """Open the judging page as somebody, in a browser context of their own."""
    usual = {"viewport": {"width": 1280, "height": 800}, "service_workers": "block"}
    context = browser.new_context(**{**usual, **options})
    context.set_default_timeout(10_000)
    page = context.new_page()
    try:
        log_in(page, base, username)
        page.goto(f"{base}/projects/{slug}/judge/")
        yield page
    finally:
        context.close()
        requests_end()


def ready(page: Page) -> None:
    """Wait until the page's script has taken over."""
    expect(page.locator("html[data-judging=live]")).to_be_attached()


def stocked(page: Page) -> None:
    """Wait until the page has fetched what comes next."""
    page.wait_for_function(
        "() => performance.getEntriesByType('resource')"
        ".some((entry) => entry.name.endsWith('/lease/') && entry.responseEnd)"
    )


def unsent(page: Page) -> int:
    """Count the answers that this browser keeps until the server has them."""
    keys: list[str] = page.evaluate("() => Object.keys(localStorage)")
    return sum(key.startswith("arbiter:answers") for key in keys)


def passage(page: Page) -> str:
    return page.locator(".passage-text:visible").inner_text()


def ended(page: Page) -> None:
    """Wait for the end state."""
    expect(page.get_by_role("heading", name="You have judged everything")).to_be_visible(
        timeout=10_000  # a page with nothing free looks again every 5 s
    )


def press_and_wait(page: Page, key: str) -> str:
    """Press a key, wait until another passage or the end shows, and return the one before."""
    before = passage(page)
    page.keyboard.press(key)
    shown = page.locator(".passage-text:visible, .end")
    expect(shown).to_be_visible()
    expect(shown).not_to_have_text(before)
    return before


def all_sent(page: Page) -> None:
    """Wait until the server has acknowledged every answer."""
    for _ in range(100):
        if not unsent(page):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still unsent: {unsent(page)}")
