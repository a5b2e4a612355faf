"""A browser that is killed with answers unsent sends them when the page is opened again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment
from tests.browsers import LAUNCH, closing, log_in
from tests.e2e.judging import all_sent, press_and_wait, ready, stocked
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@contextmanager
def opened(browser: Browser, profile: Path, base: str, username: str) -> Iterator[Page]:
    """Open the judging page in a browser process of its own, with its profile on the disk."""
    with closing(browser.browser_type.launch_persistent_context(profile, **LAUNCH)) as context:
        page = context.new_page()
        log_in(page, base, username)
        page.goto(f"{base}/projects/library/judge/")
        ready(page)
        yield page


def kill(profile: Path) -> None:
    """End the browser that uses a profile as a crash would, and no other."""
    for process in psutil.process_iter(["cmdline"]):
        if f"--user-data-dir={profile}" in (process.info["cmdline"] or []):
            process.kill()


def test_answers_that_were_unsent_at_a_crash_are_sent_after_it(
    browser: Browser, live_server: LiveServer, cast: Cast, tmp_path: Path
) -> None:
    make_queue(cast.project)
    who = (live_server.url, cast.annotator.username)
    with opened(browser, tmp_path / "profile", *who) as page:
        stocked(page)
        page.context.set_offline(True)
        press_and_wait(page, "1")
        press_and_wait(page, "0")
        page.wait_for_timeout(300)  # localStorage alone reaches the disk only after seconds
        kill(tmp_path / "profile")
    assert not Judgment.objects.exists()
    with opened(browser, tmp_path / "profile", *who) as page:
        expect(page.locator(".passage-text")).to_have_text("Passage 2 about thing 0.")
        all_sent(page)
    rows = Judgment.objects.counted().order_by("candidate")
    assert [row.grade.value for row in rows if row.grade] == [1, 0]
