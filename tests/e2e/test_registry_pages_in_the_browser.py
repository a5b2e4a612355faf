"""The registry's pages in a real browser: read, accessible, usable with and without JavaScript."""

import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from models_app.models import Alias, AliasMove, Review, Version
from models_app.services.rerankers import alias_move
from tests.browsers import log_in, opened
from tests.factory import Cast, make_cast
from tests.models_app.published import make_public, publish
from training.services.gates import gate_set

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PATHS = (
    "/rerankers/",
    "/projects/library/rerankers/",
    "/projects/library/gates/",
    "/projects/library/jobs/reach/?query=q1",
    "/library/finder",
    "/library/finder/versions/2/",
)


@pytest.fixture
def team(transactional_db: None, tmp_path: Path) -> Cast:
    cast = make_cast()
    one = publish(cast.project, tmp_path / "a", by=cast.manager)
    publish(cast.project, tmp_path / "b", by=cast.manager, seed=1, model=0.84)
    alias_move(
        reranker=one.reranker, name="champion", version=one, reason="First.", moved_by=cast.owner
    )
    gate_set(project=cast.project, alias="challenger", changed_by=cast.owner, approvals=1)
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_can_find_is_wrong(
    page: Page, live_server: LiveServer, team: Cast, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    log_in(page, live_server.url, team.owner.username)
    for path in PATHS:
        page.goto(live_server.url + path)
        page.evaluate("document.querySelectorAll('main details').forEach((d) => (d.open = true))")
        results = Axe().run(page)
        assert results.violations_count == 0, f"{path}: {results.generate_report()}"


def test_nothing_is_wider_than_a_phone(page: Page, live_server: LiveServer, team: Cast) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, live_server.url, team.owner.username)
    for path in PATHS:
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_training_log_is_drawn_from_its_table(
    page: Page, live_server: LiveServer, team: Cast
) -> None:
    log_in(page, live_server.url, team.viewer.username)
    page.goto(f"{live_server.url}/library/finder/versions/2/")
    charts = page.locator(".charts svg")
    expect(charts).to_have_count(2)
    label = charts.first.get_attribute("aria-label") or ""
    assert label == "Training Loss by step: from 0.69 to 0.31, between 0.31 and 0.69."
    places = page.locator(".charts polyline").first.get_attribute("points") or ""
    assert len(places.split()) == 4
    expect(page.locator("#training-log tbody tr")).to_have_count(5)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_text_of_charts_has_the_page_s_small_size_at_any_width(
    page: Page, live_server: LiveServer, team: Cast, width: int
) -> None:
    page.set_viewport_size({"width": 1600 - width, "height": 800})
    log_in(page, live_server.url, team.viewer.username)
    page.goto(f"{live_server.url}/library/finder/versions/2/")
    page.locator(".charts polyline").last.wait_for()
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function(
        """() => [...document.querySelectorAll(".charts svg")].every((svg) => {
            const line = svg.querySelector(".grid-line").getBoundingClientRect();
            return Math.abs(line.right - svg.getBoundingClientRect().right) < 12;
        })"""
    )
    small = page.locator(".charts figcaption").first.evaluate(
        """(caption) => {
            const range = document.createRange();
            range.selectNodeContents(caption);
            return range.getBoundingClientRect().height;
        }"""
    )
    heights = page.locator(".charts text").evaluate_all(
        "(texts) => texts.map((text) => text.getBoundingClientRect().height)"
    )
    assert len(heights) == 8
    assert heights == pytest.approx([small] * 8, abs=1)


def test_a_table_that_is_cut_off_shows_where(
    page: Page, live_server: LiveServer, team: Cast
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, live_server.url, team.viewer.username)
    page.goto(f"{live_server.url}/library/finder/versions/2/")
    card = page.get_by_role("article", name="Model card")
    expect(card).to_be_hidden()
    page.get_by_role("link", name="Card", exact=True).click()
    expect(card).to_be_in_viewport()
    for place in (".table-wrap:has(.headline)", ".readme table >> nth=0", ".readme pre >> nth=0"):
        box = page.locator(place)
        assert box.evaluate("(box) => getComputedStyle(box).overflowX") == "auto"
        shades = box.evaluate("(box) => getComputedStyle(box).backgroundAttachment")
        assert shades.split(", ")[:4] == ["local", "local", "scroll", "scroll"]
    headline = page.locator(".table-wrap:has(.headline)")
    assert headline.evaluate("(box) => box.scrollWidth > box.clientWidth")
    caption = headline.locator("caption")
    assert caption.evaluate("(it) => it.getBoundingClientRect().right") <= 390


def test_a_manager_promotes_a_version_and_reviews_it(
    page: Page, live_server: LiveServer, team: Cast
) -> None:
    log_in(page, live_server.url, team.manager.username)
    page.goto(f"{live_server.url}/library/finder/versions/2/")
    page.get_by_text("Point an alias at v2").click()
    page.get_by_role("combobox", name="Alias").fill("v9")
    page.get_by_label("Reason").fill("Three points better on test.")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("alert")).to_contain_text("'v9' cannot be an alias")
    expect(page).to_have_url(f"{live_server.url}/library/finder/versions/2/")
    wrong = page.get_by_role("combobox", name="Alias")
    expect(wrong).to_be_focused()
    expect(wrong).to_be_in_viewport()
    page.get_by_role("combobox", name="Alias").fill("champion")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("champion is v2 now.")).to_be_visible()
    assert Alias.objects.get().version.number == 2
    assert AliasMove.objects.count() == 2
    page.get_by_text("Add a review").click()
    page.get_by_label("Verdict").select_option("approve")
    page.get_by_label("Comment").fill("Read the changed queries.")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Your review is in.")).to_be_visible()
    assert Review.objects.get().reviewer == team.manager


def test_stored_files_are_hashed_again_in_place(
    page: Page, live_server: LiveServer, team: Cast
) -> None:
    log_in(page, live_server.url, team.reviewer.username)
    page.goto(f"{live_server.url}/library/finder/versions/1/")
    page.get_by_role("button", name="Hash all stored files again").click()
    expect(page.get_by_text("All 5 files have the sha256")).to_be_visible()
    assert page.url.endswith("/library/finder/versions/1/")


def test_the_download_button_gives_the_zip(
    page: Page, live_server: LiveServer, team: Cast, tmp_path: Path
) -> None:
    log_in(page, live_server.url, team.viewer.username)
    page.goto(f"{live_server.url}/library/finder/versions/2/")
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").first.click()
    assert caught.value.suggested_filename == "finder-v2.zip"
    caught.value.save_as(tmp_path / "v2.zip")
    with zipfile.ZipFile(tmp_path / "v2.zip") as archive:
        assert archive.testzip() is None
        assert "model.safetensors" in archive.namelist()


def test_a_public_page_is_read_without_an_account_and_without_javascript(
    browser: Browser, live_server: LiveServer, team: Cast
) -> None:
    make_public(Version.objects.filter(number=1).get().reranker)
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{live_server.url}/library/finder/versions/2/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("library/finder")
        expect(page.locator("#training-log")).to_be_visible()
        expect(page.locator("table.headline tbody tr")).to_have_count(4)
        expect(page.get_by_role("navigation", name="Project Library")).to_have_count(0)
