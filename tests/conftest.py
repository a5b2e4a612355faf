"""Fixtures that every room's tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.fixtures import Settings

from tests.browsers import CHROMIUM, Chromium, Requests, opened
from tests.emptying import tables_empty
from tests.factory import Cast, make_cast


def pytest_configure() -> None:
    """Cheap password hashes, static files straight from their folders, tables emptied cheaply."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.WHITENOISE_AUTOREFRESH = django_settings.WHITENOISE_USE_FINDERS = True
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django_settings.STORAGES["staticfiles"] = {"BACKEND": plain}
    Requests.watch()
    pytest.MonkeyPatch().setattr(TransactionTestCase, "_fixture_teardown", tables_empty)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that all processes end together."""
    ranks: dict[Path, int] = {}
    for item in items:
        rank = 0 if item.get_closest_marker("slow") else 1
        if rank and not item.get_closest_marker("browser"):
            rank = 2
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(autouse=True)
def cache_of_this_test() -> None:
    """Leave nothing in this process's memory of what another test has counted."""
    cache.clear()


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
def chromium() -> Iterator[Chromium]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; `make test` installs it where apt and root allow")
    # Playwright's synchronous API runs an event loop, in which Django refuses the ORM otherwise.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = Chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser context; the test fails on any error in the page's console."""
    problems: list[str] = []
    with opened(browser) as page:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        yield page
    assert not problems, problems
