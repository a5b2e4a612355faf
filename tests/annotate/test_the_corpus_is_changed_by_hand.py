"""Queries, passages and candidates are added, edited, withdrawn and restored over the API."""

from typing import Any

import pytest
from django.test import Client

from annotate.importing.keys import candidate_position
from annotate.models import Candidate, Change, Judgment, Passage, Query
from tests.factory import (
    Cast,
    bearer,
    make_candidate,
    make_judgment,
    make_passage,
    make_query,
)

pytestmark = pytest.mark.django_db
PROJECT = "/api/v1/projects/library/"
JSON = "application/json"


@pytest.fixture
def pair(cast: Cast) -> Candidate:
    query = make_query(cast.project, "old query", "q")
    return make_candidate(query, make_passage(cast.project, "old text", "p", title="Old"))


class Api:
    """The API as one person calls it."""

    def __init__(self, client: Client, headers: dict[str, Any]) -> None:
        self.client, self.headers = client, headers

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        call = getattr(self.client, method)
        return call(f"{PROJECT}{path}", body, JSON, **self.headers)


@pytest.fixture
def manager(client: Client, cast: Cast) -> Api:
    return Api(client, bearer(cast.manager))


def test_a_query_and_a_passage_are_added_and_become_a_candidate(cast: Cast, manager: Api) -> None:
    query = manager("post", "queries/", {"text": " to sort ", "external_id": "s", "metadata": {}})
    passage = manager("post", "passages/", {"text": "sorted()", "title": "T"})
    assert (query.status_code, passage.status_code) == (201, 201)
    assert query.json()["text"] == " to sort "
    assert passage.json()["external_id"] is None
    body = {"query": query.json()["id"], "passage": passage.json()["id"]}
    made = manager("post", "candidates/", body)
    assert made.status_code == 201
    row = Candidate.objects.get(pk=made.json()["id"])
    key = Passage.objects.get().key
    assert row.position == candidate_position("library", "s", key)  # as an import places it
    [change] = made.json()["changes"]
    assert (change["deed"], change["by"]) == ("add", cast.manager.username)
    again = manager("post", "candidates/", body)
    assert again.status_code == 400
    assert "passage" in again.json()["errors"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "other", "external_id": "q"}, "external_id"),
        ({"text": "other", "external_id": "sha256:" + "0" * 64}, "external_id"),
        ({"text": "other", "external_id": "erased:1"}, "external_id"),
        ({"text": "  "}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "x", "metadata": {"a": "\0"}}, "metadata"),
        ({"text": "x", "colour": 1}, "colour"),
    ],
)
def test_what_cannot_be_added_is_said_per_field(
    pair: Candidate, manager: Api, body: dict[str, Any], field: str
) -> None:
    answer = manager("post", "queries/", body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert Query.objects.count() == 1


def test_another_wording_is_a_revision_that_retires_what_was_judged(
    cast: Cast, pair: Candidate, manager: Api
) -> None:
    first = make_judgment(pair, cast.annotator, 1)
    edit = {"revision": 1, "text": "new query", "reason": "A typo."}
    answer = manager("patch", f"queries/{pair.query_id}/", edit)
    assert answer.status_code == 200, answer.json()
    shown = answer.json()
    assert (shown["text"], shown["revision"]) == ("new query", 2)
    assert [row["text"] for row in shown["revisions"]] == ["old query"]
    assert shown["changes"][0]["reason"] == "A typo."
    first.refresh_from_db()
    pair.refresh_from_db()
    assert (first.current, pair.wanted) == (False, True)
    late = manager("patch", f"queries/{pair.query_id}/", {"revision": 1, "text": "newest"})
    assert late.status_code == 409
    assert "at revision 2, not 1" in late.json()["detail"]
    same = manager("patch", f"queries/{pair.query_id}/", {"revision": 2, "text": "new query"})
    assert (same.status_code, same.json()["revision"]) == (200, 2)
    assert Change.objects.filter(thing="query").count() == 1
    make_judgment(pair, cast.reviewer, 1)
    told = manager("patch", f"passages/{pair.passage_id}/", {"revision": 1, "title": "New"})
    assert (told.json()["title"], told.json()["text"]) == ("New", "old text")
    assert [row["title"] for row in told.json()["revisions"]] == ["Old"]
    assert not Judgment.objects.filter(current=True).exists()
    noted = manager("patch", f"passages/{pair.passage_id}/", {"revision": 2, "metadata": {"a": 1}})
    assert (noted.json()["metadata"], noted.json()["revision"]) == ({"a": 1}, 2)


def test_a_shared_text_stays_with_the_others_that_carry_it(cast: Cast, manager: Api) -> None:
    one, other = (make_passage(cast.project, "shared", name) for name in ("a", "b"))
    manager("patch", f"passages/{one.pk}/", {"revision": 1, "text": "own"})
    assert manager("get", f"passages/{other.pk}/").json()["text"] == "shared"
    found = manager("get", "passages/?q=own").json()["results"]
    assert [row["id"] for row in found] == [str(one.pk)]


@pytest.mark.parametrize("part", ["queries", "passages", "candidates"])
def test_what_is_withdrawn_leaves_the_queue_and_comes_back(
    cast: Cast, pair: Candidate, manager: Api, client: Client, part: str
) -> None:
    key = {"queries": pair.query_id, "passages": pair.passage_id, "candidates": pair.pk}[part]
    judge = bearer(cast.annotator)

    def leased() -> int:
        lease = client.post(f"{PROJECT}tasks/lease/", {"count": 5}, JSON, **judge)
        return len(lease.json()["items"])

    assert leased() == 1
    assert manager("post", f"{part}/{key}/withdraw/", {"reason": " "}).status_code == 400
    gone = manager("post", f"{part}/{key}/withdraw/", {"reason": "Off topic."})
    assert gone.json()["withdrawn_at"]
    assert leased() == 0
    assert manager("get", f"{part}/{key}/").status_code == 200
    assert manager("post", f"{part}/{key}/withdraw/", {"reason": "Again."}).status_code == 200
    back = manager("post", f"{part}/{key}/restore/", {})
    assert back.json()["withdrawn_at"] is None
    assert [change["deed"] for change in back.json()["changes"]] == ["restore", "withdraw"]
    assert leased() == 1


CALLS = [
    ("post", "queries/"),
    ("patch", "queries/{query}/"),
    ("post", "queries/{query}/withdraw/"),
    ("post", "queries/{query}/restore/"),
    ("get", "queries/{query}/erase/"),
    ("post", "queries/{query}/erase/"),
    ("post", "passages/"),
    ("patch", "passages/{passage}/"),
    ("post", "passages/{passage}/erase/"),
    ("post", "candidates/"),
    ("post", "candidates/{candidate}/withdraw/"),
]


def test_only_owners_and_managers_change_it(client: Client, cast: Cast, pair: Candidate) -> None:
    keys = {"query": pair.query_id, "passage": pair.passage_id, "candidate": pair.pk}
    for person, status in (("reviewer", 403), ("outsider", 404), ("nobody", 401)):
        headers = {} if person == "nobody" else bearer(getattr(cast, person))
        call = Api(client, headers)
        found = {path: call(method, path.format(**keys), {}).status_code for method, path in CALLS}
        assert set(found.values()) == {status}, (person, found)
    viewer = Api(client, bearer(cast.viewer))
    for path in ("queries/{query}/", "passages/{passage}/", "candidates/{candidate}/", "erasures/"):
        assert viewer("get", path.format(**keys)).status_code == 200, path
    assert viewer("delete", "queries/{query}/".format(**keys)).status_code == 405
    assert not Change.objects.exists()
