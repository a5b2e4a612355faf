"""A manager starts a job in the browser and watches a real trainer run it; another is cancelled."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from models_app.models import Version
from tests.browsers import log_in
from tests.factory import Cast
from tests.training.jobs import empty_queue, frozen_snapshot, label_project, tiny_base, trainer
from training.models import TrainingJob

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shoot(page: Page, name: str) -> None:
    """Keep pictures of the page for a person to look at, where ARBITER_SHOTS names a folder."""
    folder = os.environ.get("ARBITER_SHOTS")
    if not folder:
        return
    size = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{folder}/{name}-phone.png", full_page=True)
    assert size is not None
    page.set_viewport_size(size)


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def fill_job(page: Page, base: str, steps: int) -> None:
    page.get_by_label("Base model").fill(base)
    page.get_by_label("max_length", exact=True).fill("64")
    page.get_by_label("learning_rate", exact=True).fill("0.01")
    if not page.get_by_label("max_steps").is_visible():
        page.get_by_text("More on training").click()
    page.get_by_label("max_steps").fill(str(steps))
    page.get_by_label("logging_steps").fill("20")


def test_a_job_from_form_to_version(
    cast: Cast, live_server: LiveServer, page: Page, tmp_path: Path, settings: Settings
) -> None:
    settings.BASE_MODEL_FOLDERS = [str(tmp_path)]
    empty_queue()
    label_project(cast.project)
    snapshot = frozen_snapshot(cast.project)
    base = tiny_base(tmp_path)
    log_in(page, live_server.url, cast.manager.username)
    page.goto(f"{live_server.url}/projects/library/jobs/")
    shoot(page, "jobs-empty")
    page.goto(f"{live_server.url}/projects/library/snapshots/{snapshot.pk}/")
    page.get_by_role("link", name="Train on it").click()
    page.get_by_role("link", name="Quick").click()
    expect(page.get_by_label("Snapshot", exact=True)).to_have_value(str(snapshot.pk))
    shoot(page, "job-new")
    assert_accessible(page)
    fill_job(page, base, 400)
    shoot(page, "job-new-open")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Next in line")).to_be_visible()
    shoot(page, "job-queued")
    with trainer(tmp_path / "trainer.log"):
        chart = page.get_by_role("img", name="Loss by step")
        expect(chart).to_be_visible(timeout=60_000)
        shoot(page, "job-running")
        assert_accessible(page)
        expect(page.get_by_role("link", name="Open library/reranker@v1")).to_be_visible(
            timeout=60_000
        )
    expect(page.locator("[hx-trigger]")).to_have_count(0)
    expect(page.get_by_role("region", name="Ranking metrics, Test")).to_contain_text("BM25")
    shoot(page, "job-succeeded")
    assert_accessible(page)
    page.get_by_role("link", name="Open library/reranker@v1").click()
    expect(page).to_have_url(f"{live_server.url}{version_path()}")
    page.goto(f"{live_server.url}/projects/library/jobs/")
    expect(page.get_by_role("link", name="library/reranker@v1")).to_be_visible()
    shoot(page, "jobs")
    assert_accessible(page)


def version_path() -> str:
    from django.urls import reverse

    version = Version.objects.get()
    return reverse("models_app:version", args=["library", version.reranker.name, version.number])


def test_a_running_job_is_cancelled_and_a_failed_one_says_what_to_do(
    cast: Cast, live_server: LiveServer, page: Page, tmp_path: Path, settings: Settings
) -> None:
    settings.BASE_MODEL_FOLDERS = [str(tmp_path)]
    empty_queue()
    label_project(cast.project)
    frozen_snapshot(cast.project)
    log_in(page, live_server.url, cast.manager.username)
    with trainer(tmp_path / "trainer.log", BASE_MODEL_FALLBACK="0"):
        page.goto(f"{live_server.url}/projects/library/jobs/new/")
        fill_job(page, tiny_base(tmp_path), 1_000_000)
        page.get_by_role("button", name="Start training").click()
        expect(page.get_by_text("of 1,000,000 steps")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Cancel the job").click()
        expect(page.get_by_text("Cancelled", exact=True)).to_be_visible(timeout=5_000)
        expect(page.locator(".stages .cancelled")).to_contain_text("cancelled after")
        expect(page.locator(".stages .failed")).to_have_count(0)
        shoot(page, "job-cancelled")
        page.get_by_role("link", name="Run again").click()
        fill_job(page, "nobody/has-this-model", 1)
        page.get_by_role("button", name="Start training").click()
        expect(page.get_by_role("alert")).to_contain_text(
            "choose the packaged model", timeout=60_000
        )
        shoot(page, "job-failed")
        assert_accessible(page)
    page.goto(f"{live_server.url}/projects/library/jobs/")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare the chosen jobs").click()
    expect(page.get_by_role("region", name="What differs")).to_contain_text("nobody/has-this-model")
    shoot(page, "jobs-compared")
    assert_accessible(page)
    assert list(TrainingJob.objects.order_by("created_at").values_list("status", flat=True)) == [
        "cancelled",
        "failed",
    ]
