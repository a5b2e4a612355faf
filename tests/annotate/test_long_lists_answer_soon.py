"""A list whose filter lets few rows through is looked through by stretches, and misses none."""

import html
import re
from collections.abc import Callable, Iterator

import pytest
from django.http import QueryDict
from django.test import Client

from accounts import keyset
from accounts.keyset import Keyset
from annotate.models import Candidate
from annotate.views import candidates as candidates_page
from tests.factory import Cast, bearer, make_label, make_proposal, make_queue

PAGE = "/projects/library/candidates/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    rows = make_queue(cast.project, queries=5, passages=6)
    for number, row in enumerate(rows):
        make_proposal(row, "bm25", rank=30 - number)
        if number not in (4, 17, 18, 29):
            make_label(row, grade=1)
    return rows


def pages(
    parameters: str, orders: dict[str, str], wanted: set[int], way: str = "next"
) -> Iterator[list[int]]:
    """Yield what each page of candidates shows, of those wanted, in stretches of 5 rows."""
    address: str | None = f"/list/?{parameters}"
    while address:
        found = Keyset(
            parameters=QueryDict(address.partition("?")[2]).dict(),
            orders=orders,
            default="id",
            url=address,
            path="/list/",
        )
        whole = Candidate.objects.all()
        shown = found.page_soon(whole.filter(pk__in=wanted), whole, stretch=5)
        yield [row.pk for row in shown]
        address = getattr(found, way)


@pytest.fixture
def never_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every first attempt take too long: for the database, a sleep longer than the limit."""
    asked: Callable[..., list[Candidate]] = Keyset._page

    def slow(self: Keyset, queryset: object, place: object, end: object = None) -> list[Candidate]:
        if not self.stretches:
            queryset = Candidate.objects.extra(where=["pg_sleep(0.02) IS NOT NULL"])
        return asked(self, queryset, place, end)

    monkeypatch.setattr(keyset, "_SOON_MS", 10)
    monkeypatch.setattr(Keyset, "_page", slow)


@pytest.mark.parametrize("order", ["id", "-id", "created_at", "-created_at"])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_every_row_comes_once_and_the_way_back_is_the_way_forth(
    rows: list[Candidate], never_at_once: None, order: str, size: int
) -> None:
    wanted = {rows[number].pk for number in (4, 17, 18, 29)}
    orders = {"id": "pk", "created_at": "created_at"}
    found = [pk for page in pages(f"order={order}&page_size={size}", orders, wanted) for pk in page]
    assert found == sorted(wanted, reverse=order.startswith("-"))


def test_a_page_says_that_its_stretch_ended(
    client: Client, cast: Cast, rows: list[Candidate], never_at_once: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates_page, "STRETCH", 10)
    client.force_login(cast.reviewer)
    address, found, stretches = f"{PAGE}?show=open", [], 0
    while address:
        page = client.get(address).content.decode()
        found += re.findall(r"<strong>([^<]*)</strong>", page)
        stretches += "looked through" in page
        following = re.search(r'href="([^"]*)" rel="next"|rel="next" href="([^"]*)"', page)
        address = html.unescape(following[1] or following[2]) if following else ""
    assert len(found) == 4
    assert stretches == 2


def test_the_number_is_told_when_it_is_counted(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.force_login(cast.reviewer)
    count = client.get(f"{PAGE}?show=judged&count=1").content.decode()
    assert count.strip() == "26 candidates"
    assert "26 candidates" in client.get(f"{PAGE}?show=judged").content.decode()


def test_a_run_orders_by_its_ranks(client: Client, cast: Cast, rows: list[Candidate]) -> None:
    client.force_login(cast.reviewer)
    page = client.get(f"{PAGE}?run=bm25&order=rank").content.decode()
    ranks = [int(rank) for rank in re.findall(r"bm25 #(\d+)", page)]
    assert ranks == list(range(1, 31))
    client.force_login(cast.annotator)
    refused = client.get(f"{PAGE}?run=bm25&order=rank")
    assert refused.status_code == 403
    page = refused.content.decode() + client.get(PAGE).content.decode()
    assert "bm25 #" not in page
    assert ">bm25<" not in page


@pytest.mark.parametrize("order", ["rank", "-rank"])
def test_an_order_by_rank_needs_a_run(
    client: Client, cast: Cast, rows: list[Candidate], order: str
) -> None:
    path = f"/api/v1/projects/{cast.project.slug}/candidates/?order={order}"
    for asked in ("", "&run="):
        refused = client.get(path + asked, **bearer(cast.reviewer))
        assert refused.status_code == 400
        assert "name the run" in str(refused.json()["errors"]["order"])
    found = client.get(f"{path}&run=bm25", **bearer(cast.reviewer)).json()["results"]
    ranks = [row["proposals"][0]["rank"] for row in found]
    assert ranks == sorted(ranks, reverse=order == "-rank")
    assert len(set(ranks)) == 30
    # The page has a menu of orders beside one of runs, and starts anew.
    client.force_login(cast.reviewer)
    assert client.get(f"{PAGE}?order={order}").status_code == 200
