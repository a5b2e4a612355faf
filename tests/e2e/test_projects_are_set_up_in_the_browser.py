"""A new owner creates a project, adds a member and a token by clicking; pages are accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Project, Token
from tests.browsers import log_in, log_in_by_form
from tests.factory import make_cast, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_project_with_its_scheme_members_and_a_token(page: Page, live_server: LiveServer) -> None:
    make_user("ada")
    make_user("grace")
    log_in_by_form(page, live_server.url, "ada")
    page.get_by_role("link", name="Create the first one").click()
    page.get_by_label("Slug").fill("code-search")
    page.get_by_label("Name", exact=True).fill("Code search")
    page.get_by_label("Name of row 1").fill("Off")
    page.get_by_label("Name of row 2").fill("Related")
    page.get_by_label("Relevant of row 2").uncheck()
    page.get_by_label("Name of row 3").fill("Exact")
    page.get_by_label("Description of row 3").fill("It answers.")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Code search", level=1)).to_be_visible()
    scheme = [(grade.name, grade.relevant) for grade in Project.objects.get().scheme]
    assert scheme == [("Off", False), ("Related", False), ("Exact", True)]

    page.get_by_role("link", name="Settings").click()
    page.get_by_label("User").fill("grace")
    page.get_by_label("Role").select_option("reviewer")
    page.get_by_role("button", name="Add or change member").click()
    expect(page.get_by_role("cell", name="grace", exact=True)).to_be_visible()

    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Create token").click()
    secret = page.locator("#secret").inner_text()
    assert Token.objects.for_secret(secret).get().name == "laptop"
    page.get_by_role("link", name="Revoke laptop").click()
    page.get_by_role("button", name="Revoke laptop").click()
    expect(page.get_by_text("revoked", exact=True)).to_be_visible()


def test_a_bad_scheme_is_explained_beside_its_field(page: Page, live_server: LiveServer) -> None:
    make_user("ada")
    log_in(page, live_server.url, "ada")
    page.goto(f"{live_server.url}/projects/new/")
    page.get_by_label("Slug").fill("static")
    page.get_by_label("Name", exact=True).fill("Clash")
    page.get_by_label("Name of row 2").fill("")
    page.locator("form.stack").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("'static' is reserved")).to_be_visible()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    assert not Project.objects.exists()


def check_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(page: Page, live_server: LiveServer, scheme: str) -> None:
    cast = make_cast()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{live_server.url}/accounts/login/")
    check_accessible(page)
    log_in(page, live_server.url, cast.owner.username)
    for path in (
        "",
        "tokens/",
        "accounts/password/",
        "projects/new/",
        "projects/library/",
        "projects/library/settings/",
        "projects/library/members/library-viewer/remove/",
        "projects/library/queries/",
        "projects/library/snapshots/",
        "projects/library/imports/",
        "projects/library/jobs/",
    ):
        page.goto(f"{live_server.url}/{path}", wait_until="networkidle")  # with its fragments
        check_accessible(page)
