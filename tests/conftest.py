"""Fixtures that every room's tests share."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.fixtures import Settings

from tests.factory import PASSWORD, Cast, make_cast

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def pytest_configure() -> None:
    """Cheap password hashes, and static files straight from their folders."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.WHITENOISE_AUTOREFRESH = django_settings.WHITENOISE_USE_FINDERS = True
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django_settings.STORAGES["staticfiles"] = {"BACKEND": plain}
    request_started.connect(_Requests.started)
    request_finished.connect(_Requests.finished)


@pytest.fixture(autouse=True)
def blobs_of_this_test(tmp_path: Path, settings: Settings) -> None:
    """Give each test stores of its own."""
    stores = {**settings.STORAGES}
    for alias in ("default", "blobs"):
        options = {**stores[alias]["OPTIONS"], "location": tmp_path / alias}
        stores[alias] = {**stores[alias], "OPTIONS": options}
    settings.STORAGES = stores
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "default" / "imports"
    settings.ARBITER_HOME = tmp_path


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; `make test` installs it where apt and root allow")
    # Playwright's synchronous API runs an event loop, in which Django refuses the ORM otherwise.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser context; the test fails on any error in the page's console."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    requests_end()
    assert not problems, problems


def requests_end() -> None:
    """Wait until the live server has answered what a closed page still asked.

    Emptying the tables beside such a request is a deadlock.
    """
    deadline = time.monotonic() + 10
    time.sleep(0.05)  # what was sent before the page closed is read by now
    while _Requests.running and time.monotonic() < deadline:
        time.sleep(0.01)


class _Requests:
    """How many requests are being answered in this process."""

    running = 0
    lock = threading.Lock()

    @classmethod
    def started(cls, **signal: object) -> None:
        with cls.lock:
            cls.running += 1

    @classmethod
    def finished(cls, **signal: object) -> None:
        with cls.lock:
            cls.running -= 1


def log_in(page: Page, base: str, username: str) -> None:
    """Log in through the login page."""
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")
