"""Lists come in pages that neither repeat nor hide a row, in every order, forth and back."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.services import project_create
from annotate.models import Import, Query, Snapshot
from tests.factory import Cast, bearer, make_query

QUERIES = "/api/v1/projects/library/queries/"


def pages(client: Client, url: str, headers: dict[str, Any], way: str) -> Iterator[list[str]]:
    following: str | None = url
    while following:
        page = client.get(following, **headers).json()
        yield [row["text"] for row in page["results"]]
        following = page[way]


@pytest.fixture
def queries(cast: Cast) -> list[str]:
    """Seven queries; all but the first and last came at the same moment, as of one import."""
    texts = [f"query {number}" for number in (3, 1, 6, 0, 5, 2, 4)]
    rows = [make_query(cast.project, text) for text in texts]
    Query.objects.filter(pk__in=[row.pk for row in rows[1:-1]]).update(created_at=timezone.now())
    return texts


@pytest.mark.parametrize("order", ["id", "-id", "created_at", "-created_at", "text", "-text"])
def test_each_row_comes_once_in_its_order(
    client: Client, cast: Cast, queries: list[str], order: str
) -> None:
    by = bearer(cast.viewer)
    whole = next(pages(client, f"{QUERIES}?order={order}", by, "next"))
    assert sorted(whole) == sorted(queries)
    if order.endswith("text"):
        assert whole == sorted(queries, reverse=order == "-text")
    for size in (1, 2, 3):
        url = f"{QUERIES}?order={order}&page_size={size}"
        read = [text for page in pages(client, url, by, "next") for text in page]
        assert read == whole


def test_the_way_back_is_the_way_forth(client: Client, cast: Cast, queries: list[str]) -> None:
    by = bearer(cast.viewer)
    url: str | None = f"{QUERIES}?order=created_at&page_size=2"
    forth, last = [], ""
    while url:
        page = client.get(url, **by).json()
        forth.append([row["text"] for row in page["results"]])
        last, url = url, page["next"]
    back = list(pages(client, last, by, "previous"))
    assert back[::-1] == forth


def test_rows_that_come_and_go_meanwhile_shift_nothing(
    client: Client, cast: Cast, queries: list[str]
) -> None:
    by = bearer(cast.viewer)
    first = client.get(f"{QUERIES}?order=text&page_size=3", **by).json()
    Query.objects.filter(text="query 1").delete()
    make_query(cast.project, "query 00")
    second = client.get(first["next"], **by).json()
    assert [row["text"] for row in second["results"]] == ["query 3", "query 4", "query 5"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("order=metadata", "order"),
        ("order=--id", "order"),
        ("cursor=nonsense", "cursor"),
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page_size=100000", "page_size"),
        ("page_size=many", "page_size"),
    ],
)
def test_what_is_no_order_size_or_cursor_is_refused(
    client: Client, cast: Cast, asked: str, field: str
) -> None:
    answer = client.get(f"{QUERIES}?{asked}", **bearer(cast.viewer))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_cursor_of_another_order_is_refused(
    client: Client, cast: Cast, queries: list[str]
) -> None:
    by = bearer(cast.viewer)
    link = client.get(f"{QUERIES}?order=text&page_size=2", **by).json()["next"]
    answer = client.get(link.replace("order=text", "order=id"), **by)
    assert answer.status_code == 400
    assert "cursor" in answer.json()["errors"]


LONG = [f"{'x' * 5000}{number}" for number in (3, 1, 0, 2)]


def test_long_texts_make_no_long_address(client: Client, cast: Cast) -> None:
    for text in LONG:
        make_query(cast.project, text)
    by = bearer(cast.viewer)
    for order, whole in (("text", sorted(LONG)), ("-text", sorted(LONG, reverse=True))):
        url, read = f"{QUERIES}?order={order}&page_size=1", []
        while url:
            assert len(url) < 500
            page = client.get(url, **by).json()
            read += [row["text"] for row in page["results"]]
            last, url = url, page["next"]
        assert read == whole
        back = [text for texts in pages(client, last, by, "previous") for text in texts]
        assert back[::-1] == whole


def test_a_cursor_whose_row_is_gone_says_so(client: Client, cast: Cast) -> None:
    rows = [make_query(cast.project, text) for text in sorted(LONG)]
    by = bearer(cast.viewer)
    link = client.get(f"{QUERIES}?order=text&page_size=2", **by).json()["next"]
    rows[1].delete()
    answer = client.get(link, **by)
    assert answer.status_code == 400
    assert "gone" in answer.json()["errors"]["cursor"][0]


def test_a_cursor_belongs_to_its_list(client: Client, cast: Cast, queries: list[str]) -> None:
    other = project_create(slug="other", name="Other", owner=cast.owner)
    make_query(other, "the other's")
    by = bearer(cast.owner)
    link = client.get(f"{QUERIES}?page_size=2", **by).json()["next"]
    for path in ("other/queries", "library/candidates", "library/snapshots"):
        answer = client.get(link.replace("library/queries", path), **by)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["cursor"]
    assert client.get(link.replace("page_size=2", "page_size=3&q=query"), **by).status_code == 200


@pytest.mark.parametrize("pk", [str(uuid.UUID(int=7)), "many", None, [1], {"a": 1}])
def test_what_is_no_id_is_no_place(client: Client, cast: Cast, pk: object) -> None:
    """Signed all the same, as by a release in which the rows had other ids."""
    salt = f"accounts.pagination:{QUERIES}"
    cursor = signing.dumps(["id", False, None, pk], salt=salt)
    answer = client.get(f"{QUERIES}?cursor={cursor}", **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["cursor"]


def test_members_have_an_order_of_their_own(client: Client, cast: Cast) -> None:
    by = bearer(cast.owner)
    names = client.get("/api/v1/projects/library/members/?order=-user", **by).json()["results"]
    assert [row["user"] for row in names] == sorted((row["user"] for row in names), reverse=True)


@pytest.mark.parametrize("kind", ["imports", "snapshots"])
def test_every_list_has_an_order_by_time(client: Client, cast: Cast, kind: str) -> None:
    """The rows' times are the reverse of their ids, so that no order is the other."""
    now, rows = timezone.now(), list[Import | Snapshot]()
    for days in range(3):
        moment = now - timedelta(days=days)
        if kind == "imports":
            rows.append(Import.objects.create(project=cast.project, created_at=moment))
        else:
            rows.append(Snapshot.objects.create(project=cast.project, created_at=moment))
    by, ids = bearer(cast.owner), [str(row.pk) for row in rows]
    for order, wanted in (("created_at", ids[::-1]), ("-created_at", ids), ("id", ids)):
        path = f"/api/v1/projects/library/{kind}/?order={order}"
        assert [row["id"] for row in client.get(path, **by).json()["results"]] == wanted
