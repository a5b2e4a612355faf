"""The layout in pairs: two candidates, compared by key or click; WCAG 2.2 AA by axe."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Judgment, PairLease, Preference, PreferenceAction
from tests.annotate.judging import reword_passage
from tests.annotate.pairing import make_pairs
from tests.e2e.judging import open_page, ready, stocked
from tests.factory import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def texts(page: Page) -> list[str]:
    return page.locator(".side .passage-text").all_inner_texts()


def unsent(page: Page) -> int:
    keys: list[str] = page.evaluate("() => Object.keys(localStorage)")
    return sum(key.startswith(("arbiter:preferences", "arbiter:answers")) for key in keys)


def all_sent(page: Page) -> None:
    page.wait_for_function(
        "() => !Object.keys(localStorage)"
        ".some((key) => key.startsWith('arbiter:preferences') || key.startsWith('arbiter:answers'))"
    )


def said() -> list[tuple[str, str]]:
    """Return what the newest answers are and the text that each prefers, oldest first."""
    rows = Preference.objects.answers().order_by("created_at")
    rows = rows.select_related("preferred__passage__text")
    return [(r.action, r.preferred.passage.text.text if r.preferred else "") for r in rows]


def axe(page: Page) -> None:
    report = Axe().run(page, options=RULES)
    assert report.violations_count == 0, report.generate_report()
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"] if page.viewport_size else True


def test_keys_and_clicks_compare_and_undo_takes_back(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_pairs(cast.project, queries=1, passages=6)
    with open_page(browser, live_server.url, cast.annotator.username, bypass_csp=True) as page:
        ready(page)
        for layout in ("list", "pairs"):  # `l` goes round the layouts
            page.keyboard.press("l")
            page.wait_for_url(f"**/judge/?layout={layout}")
            ready(page)
        expect(page.get_by_role("region", name="A")).to_be_visible()
        axe(page)
        one = texts(page)
        page.keyboard.press("1")
        expect(page.locator("#live")).to_contain_text("A is better. Next query: How do I do thing")
        two = texts(page)
        assert two != one
        page.keyboard.press("u")
        expect(page.locator("#live")).to_contain_text("Undone; you had preferred A.")
        assert texts(page) == one
        expect(page.locator("button.earlier")).to_have_attribute("value", "left")
        page.keyboard.press("c")
        page.keyboard.type("says how")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#done")).to_have_text("1")
        page.reload()
        ready(page)
        expect(page.locator("#item")).to_be_visible()  # its answer may not have been sent before
        assert texts(page) == two, one  # the same sides as before
        page.get_by_role("button", name="A tie").click()
        three = texts(page)
        page.locator("#answer select").select_option("The query is unclear")
        page.keyboard.press("s")
        four = texts(page)
        page.keyboard.press("f")
        page.keyboard.press("2")
        for key in ("?", "p"):
            page.keyboard.press(key)
            axe(page)
            page.keyboard.press("Escape")
        page.keyboard.press("t")
        expect(page.get_by_role("heading", name="All that is left for you")).to_be_visible()
        axe(page)
        page.get_by_role("button", name="Look at the one you skipped").click()
        ready(page)
        stocked(page)  # what was answered here just before shows when the server has confirmed it
        expect(page.locator("#item")).to_be_visible()
        assert texts(page) == three
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("heading", name="You have compared every pair")).to_be_visible()
        all_sent(page)
    prefer, tie = PreferenceAction.PREFER, PreferenceAction.TIE
    expected = [(prefer, one[1]), (tie, ""), (prefer, four[1]), (tie, ""), (prefer, three[0])]
    assert said() == expected
    row = Preference.objects.counted().get(comment="says how")
    assert (row.preferred_id == row.left_id, row.seconds is not None) == (False, True)
    assert Preference.objects.counted().filter(flagged=True).count() == 1
    assert not PairLease.objects.exists()


def test_each_kind_of_answer_goes_to_its_own_place_whatever_the_layout(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_pairs(cast.project, queries=1, passages=4)
    with open_page(browser, live_server.url, cast.annotator.username) as page:
        page.goto(f"{live_server.url}/projects/library/judge/?layout=pairs")
        ready(page)
        page.route("**/preferences/", lambda route: route.abort())
        page.keyboard.press("1")
        expect(page.locator("#unsent")).to_contain_text("no connection")
        page.goto(f"{live_server.url}/projects/library/judge/?layout=one")
        ready(page)
        page.keyboard.press("1")
        expect(page.locator("#done")).to_have_text("1")
        page.unroute("**/preferences/")
        page.reload()
        ready(page)
        all_sent(page)
    assert (Preference.objects.counted().count(), Judgment.objects.counted().count()) == (1, 1)


@pytest.mark.parametrize(
    ("scheme", "size"), [("dark", PHONE), ("light", {"width": 640, "height": 400})]
)
def test_a_phone_shows_one_above_the_other_and_unfolds_both(
    browser: Browser, live_server: LiveServer, cast: Cast, scheme: str, size: dict[str, int]
) -> None:
    [pair] = make_pairs(cast.project, queries=1, passages=2)
    for candidate in (pair.first, pair.second):
        reword_passage(
            candidate.passage, "Filler. " * 300 + "how to do the thing. " + "End. " * 200
        )
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": size, "bypass_csp": True}
    with open_page(browser, live_server.url, cast.annotator.username, **options) as page:
        page.goto(f"{live_server.url}/projects/library/judge/?layout=pairs")
        ready(page)
        sides = [side.bounding_box() for side in page.locator(".side").all()]
        assert sides[0]
        assert sides[1]
        assert sides[0]["y"] < sides[1]["y"]
        for text in page.locator(".passage-text").all():
            assert (
                text.evaluate("(node) => node.scrollTop") > 0
            )  # at the first of the query's words
        axe(page)
        page.keyboard.press("Space")
        expect(page.locator(".unfold:visible")).to_have_count(0)
        axe(page)


def test_it_works_without_javascript(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    make_pairs(cast.project, queries=1, passages=3)
    name = cast.annotator.username
    with open_page(browser, live_server.url, name, java_script_enabled=False) as page:
        page.goto(f"{live_server.url}/projects/library/judge/?layout=pairs")
        one = texts(page)
        page.get_by_role("button", name="B is better").click()
        page.get_by_role("button", name="Undo").click()
        assert texts(page) == one
        page.get_by_role("button", name="B is better").click()
        page.get_by_role("button", name="A tie").click()
        expect(page.get_by_role("heading", name="You have compared every pair")).to_be_visible()
    assert said() == [(PreferenceAction.PREFER, one[1]), (PreferenceAction.TIE, "")]
