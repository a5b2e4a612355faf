"""What came with a query is told beside it, as the items go by and in each layout."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Query
from tests.e2e.judging import all_sent, open_page, ready, stocked
from tests.factory import Cast, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}}


def test_each_query_brings_its_own(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    make_queue(cast.project, 4, 1)
    told = Query.objects.filter(project=cast.project)
    told.filter(external_id="q0").update(metadata={"narrative": "n0", "description": "d0"})
    told.filter(external_id="q2").update(metadata={"description": "A long story. " * 50})
    told.filter(external_id="q3").update(metadata={"description": "It is said twice. " * 12})
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        ready(page)
        stocked(page)
        about = page.locator("#about-query")
        facts = about.locator("dt, dd")
        expect(facts).to_have_text(["description", "d0", "narrative", "n0"])
        expect(facts.first).to_be_visible()
        page.keyboard.press("1")
        expect(about).to_be_hidden()
        page.keyboard.press("1")
        expect(about).to_be_visible()
        expect(about).not_to_have_attribute("open", "")  # it would push the passage away
        page.keyboard.press("u")
        page.keyboard.press("u")
        expect(facts).to_have_text(["description", "d0", "narrative", "n0"])
        all_sent(page)
        page.keyboard.press("l")
        page.wait_for_url("**/judge/?layout=list")
        ready(page)
        expect(facts).to_have_text(["description", "d0", "narrative", "n0"])
        about.locator("summary").click()  # who does not want it is not asked again
        for key in ("1", "Enter", "1", "Enter", "1", "Enter"):
            page.keyboard.press(key)
        expect(facts.first).to_have_text("description")
        expect(about).not_to_have_attribute("open", "")
        all_sent(page)
    with open_page(browser, live_server.url, cast.annotator.username, **PHONE) as page:
        ready(page)
        expect(page.locator("#about-query dd")).to_contain_text("said twice")
        expect(page.locator("#about-query")).not_to_have_attribute("open", "")
