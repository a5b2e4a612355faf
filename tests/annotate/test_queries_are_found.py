"""Queries and candidates through the API: search, filters, blindness, access."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factory import Cast, bearer, make_judgment, make_label, make_proposal, make_queue

pytestmark = pytest.mark.django_db
QUERIES = "/api/v1/projects/library/queries/"
CANDIDATES = "/api/v1/projects/library/candidates/"


def found(client: Client, cast: Cast, **wanted: str) -> list[str]:
    answer = client.get(QUERIES, wanted, **bearer(cast.reviewer))
    assert answer.status_code == 200, answer.content
    return [row["external_id"] for row in answer.json()["results"]]


def test_search_and_filters_narrow_the_list(client: Client, cast: Cast) -> None:
    rows = make_queue(cast.project, queries=3, passages=2)
    make_judgment(rows[0], cast.annotator, grade=1)
    make_label(rows[1], grade=0)
    make_label(rows[2], grade=0)
    assert found(client, cast) == ["q0", "q1", "q2"]
    assert found(client, cast, q="THING 1") == ["q1"]
    assert found(client, cast, q="100%") == []
    assert found(client, cast, show="relevant") == ["q0"]
    assert found(client, cast, show="irrelevant") == ["q1"]
    assert found(client, cast, show="open") == ["q1", "q2"]


def test_a_blind_annotator_sees_others_only_after_judging(client: Client, cast: Cast) -> None:
    first, second, *_ = make_queue(cast.project)
    make_proposal(first, "search", rank=1)
    for candidate in (first, second):
        make_label(candidate, grade=1)
    make_judgment(second, cast.annotator, grade=0)

    def seen(user: User) -> dict[str, tuple[int, int]]:
        answer = client.get(CANDIDATES, **bearer(user)).json()["results"]
        return {row["id"]: (len(row["judgments"]), len(row["proposals"])) for row in answer}

    for_annotator, for_reviewer = seen(cast.annotator), seen(cast.reviewer)
    assert for_annotator[str(first.pk)] == (0, 0)
    assert for_annotator[str(second.pk)] == (2, 0)
    assert for_reviewer[str(first.pk)] == (1, 1)


def test_the_number_of_database_queries_does_not_grow(
    client: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for row in make_queue(cast.project, queries=4, passages=5):
        make_label(row, grade=1)
    token = bearer(cast.reviewer)
    with django_assert_num_queries(6):
        assert len(client.get(CANDIDATES, **token).json()["results"]) == 20


def test_outsiders_get_nothing(client: Client, cast: Cast) -> None:
    for path in (QUERIES, CANDIDATES):
        assert client.get(path).status_code == 401
        assert client.get(path, **bearer(cast.outsider)).status_code == 404
        assert client.post(path, **bearer(cast.owner)).status_code == 405
    assert client.get(f"{CANDIDATES}?query=x", **bearer(cast.viewer)).status_code == 404
