"""The owner link takes a password once: it can be looked at before it is sent."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.services import owner_link_create
from tests.factory import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_it_is_shown_and_hidden_again(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/welcome/{owner_link_create()}/")
    field = page.get_by_label("Password")
    page.get_by_label("Username").fill("grace")
    field.fill(PASSWORD)
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show what is typed").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide it").click()
    expect(field).to_have_attribute("type", "password")
    page.get_by_role("button", name="Become the owner").click()
    page.wait_for_url(f"{live_server.url}/")
