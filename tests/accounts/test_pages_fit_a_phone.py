"""No page scrolls sideways on a phone, however long the names are; wide tables scroll within."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.services import token_create
from tests.browsers import log_in
from tests.factory import (
    Cast,
    make_candidate,
    make_label,
    make_passage,
    make_proposal,
    make_query,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "a_name_without_any_blank_" * 5


def test_long_names_and_wide_tables_stay_within(
    page: Page, live_server: LiveServer, cast: Cast
) -> None:
    query = make_query(cast.project, LONG, f"q{LONG}")
    candidate = make_candidate(query, make_passage(cast.project, LONG, f"p{LONG}"))
    make_label(candidate, 1, source=LONG[:120])
    make_proposal(candidate, LONG[:80], 1)
    token_create(user=cast.owner, name="the nightly evaluation")
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, live_server.url, cast.owner.username)
    base = "/projects/library/"
    paths = ["settings/", "scheme/", "delete/", "queries/", f"queries/{query.pk}/", "imports/"]
    for path in ("/", "/tokens/", base, *(base + path for path in paths)):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
    page.goto(f"{live_server.url}/tokens/")
    box = page.locator(".table-wrap").first
    assert box.evaluate("each => each.scrollWidth > each.clientWidth")
