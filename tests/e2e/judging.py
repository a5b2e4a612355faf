"""Small words for the browser tests of judging."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browsers import log_in, opened


@contextmanager
def open_page(
    browser: Browser, base: str, username: str, slug: str = "library", **options: Any
) -> Iterator[Page]:
    """Open the judging page as somebody, in a browser context of their own."""
    with opened(browser, **options) as page:
        log_in(page, base, username)
        page.goto(f"{base}/projects/{slug}/judge/")
        yield page


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
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('arbiter:answers'))",
        polling=50,  # ms; a page in the background paints no frames to wait for
    )
