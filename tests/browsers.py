"""The chromium of the browser tests: one a process, replaced when it hangs; nobody waits for it."""

import shutil
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright

from accounts.models import User
from tests.factory import PASSWORD

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# Chromium knows one list of what is off: Playwright's own, and RenderDocument. With that a page
# that is closed while it loads again may never close (microsoft/playwright#42068).
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding",
    "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints",
    "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch", "RenderDocument",
)  # fmt: skip
LAUNCH: dict[str, Any] = {
    "executable_path": CHROMIUM,
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        f"--disable-features={','.join(OFF)}",
    ],
}
DESKTOP = {"width": 1280, "height": 800}
PATIENCE = 10.0  # seconds within which a browser closes a context; else it hangs and is ended


class Chromium:
    """The browser of a process, started when it is asked for, and again when it has ended."""

    def __init__(self, playwright: Playwright) -> None:
        self.playwright = playwright
        self._browser: Browser | None = None

    @property
    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self.playwright.chromium.launch(**LAUNCH)
        return self._browser

    def close(self) -> None:
        if self._browser is not None:
            with ended_if_it_hangs():
                self._browser.close()


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """Open a page in a browser context of its own, and close it for certain."""
    usual = {"viewport": DESKTOP, "service_workers": "block"}
    with closing(browser.new_context(**{**usual, **options})) as context:
        yield context.new_page()


@contextmanager
def closing(context: BrowserContext) -> Iterator[BrowserContext]:
    """Close a context at the end, and wait until the server has answered what it still asked."""
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        with ended_if_it_hangs():
            context.close()
        requests_end()


@contextmanager
def ended_if_it_hangs(seconds: float = PATIENCE) -> Iterator[None]:
    """End this process' browsers where a call takes longer: that is chromium's fault, not ours."""
    hung = threading.Event()

    def end() -> None:
        hung.set()
        for process in main_processes():
            process.kill()

    watch = threading.Timer(seconds, end)
    watch.start()
    try:
        with suppress(Error):  # what has ended is closed
            yield
    finally:
        watch.cancel()
    if hung.is_set():
        warnings.warn(f"chromium did not close within {seconds:g} s and was ended", stacklevel=4)


def main_processes() -> list[psutil.Process]:
    """Return the browsers that this process has started, without the processes of their own."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "--remote-debugging-pipe" in process.cmdline():
                found.append(process)
    return found


def requests_end() -> None:
    """Wait until the live server has answered what a closed page still asked.

    Emptying the tables beside such a request is a deadlock.
    """
    deadline = time.monotonic() + 10
    time.sleep(0.05)  # what was sent before the page closed is read by now
    while Requests.running and time.monotonic() < deadline:
        time.sleep(0.01)


class Requests:
    """How many requests are being answered in this process."""

    running = 0
    lock = threading.Lock()

    @classmethod
    def watch(cls) -> None:
        request_started.connect(cls.started)
        request_finished.connect(cls.finished)

    @classmethod
    def started(cls, **signal: object) -> None:
        with cls.lock:
            cls.running += 1

    @classmethod
    def finished(cls, **signal: object) -> None:
        with cls.lock:
            cls.running -= 1


def log_in(page: Page, base: str, username: str) -> None:
    """Give the page's browser a session of somebody's; it stays where it is."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


def log_in_by_form(page: Page, base: str, username: str) -> None:
    """Log in as people do, and be on the home page."""
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")
