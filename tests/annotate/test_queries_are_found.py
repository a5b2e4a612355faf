"""Queries and candidates through the API: search, filters, blindness, access."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.factory import (
    Cast,
    bearer,
    make_candidate,
    make_judgment,
    make_label,
    make_passage,
    make_proposal,
    make_query,
    make_queue,
)

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
    assert found(client, cast, show="judged") == ["q0", "q1"]
    assert found(client, cast, show="people") == ["q0"]  # an imported label is nobody's judgment


def test_candidates_are_searched_and_narrowed_but_not_for_those_who_judge_blind(
    client: Client, cast: Cast
) -> None:
    rows = make_queue(cast.project, queries=2, passages=2)
    make_label(rows[0], grade=1)
    make_proposal(rows[1], "bm25", rank=1)
    make_proposal(rows[1], "dense", rank=4)
    odd = make_passage(cast.project, "An apple a day", "doc-7", title="Fruit")
    rows.append(make_candidate(rows[3].query, odd))

    def listed(user: User, **wanted: str) -> list[int]:
        answer = client.get(CANDIDATES, wanted, **bearer(user))
        assert answer.status_code == 200, answer.content
        return [rows.index(row) for each in answer.json()["results"] for row in rows
                if str(row.pk) == each["id"]]  # fmt: skip

    assert listed(cast.reviewer) == [0, 1, 2, 3, 4]
    assert listed(cast.reviewer, order="-created_at") == [4, 3, 2, 1, 0]
    assert [listed(cast.annotator, q=q) for q in ("APPLE", "fruit", "doc-7", "doc")] == [
        [4], [4], [4], []
    ]  # fmt: skip
    make_judgment(rows[2], cast.annotator, grade=0)
    assert listed(cast.reviewer, show="judged") == [0, 2]
    assert listed(cast.reviewer, show="people") == [2]
    assert listed(cast.reviewer, show="nobody") == [0, 1, 3, 4]
    assert listed(cast.reviewer, show="open", query=str(rows[0].query_id)) == [1]
    assert listed(cast.reviewer, run="dense") == [1]
    assert listed(cast.reviewer, run="none") == []
    for refused in ({"show": "judged"}, {"run": "dense"}):
        assert client.get(CANDIDATES, refused, **bearer(cast.annotator)).status_code == 403
    assert client.get(CANDIDATES, {"show": "all"}, **bearer(cast.reviewer)).status_code == 400


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
        assert client.delete(path, **bearer(cast.owner)).status_code == 405
    assert client.get(f"{CANDIDATES}?query=x", **bearer(cast.viewer)).status_code == 404


def test_candidates_stand_by_grade_then_rank_then_id(client: Client, cast: Cast) -> None:
    query = make_query(cast.project, "How?", "how")
    names = ("plain", "second", "first", "good", "bad")
    rows = {
        name: make_candidate(query, make_passage(cast.project, f"text {name}", name))
        for name in names
    }
    make_label(rows["good"], 1)
    make_label(rows["bad"], 0)
    for name, rank in (("second", 2), ("first", 1), ("bad", 3)):
        make_proposal(rows[name], "a-run", rank)
    make_proposal(rows["plain"], "b-run", 1)
    client.force_login(cast.reviewer)
    page = client.get(f"/projects/library/queries/{query.pk}/").content.decode()
    assert re.findall(r"text (\w+)</p>", page) == ["good", "bad", "first", "second", "plain"]
    assert "By best grade, then by the rank of the first run" in page


def test_a_long_passage_is_shown_in_part_and_whole_on_request(client: Client, cast: Cast) -> None:
    query = make_query(cast.project, "How?", "how")
    texts = ("word " * 400 + "end", "line\n" * 100 + "end", "short and whole end")
    for text in texts:
        make_candidate(query, make_passage(cast.project, text))
    client.force_login(cast.viewer)
    page = client.get(f"/projects/library/queries/{query.pk}/").content.decode()
    assert page.count("<details>") == page.count("passage-text beginning") == 2
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert len(shown) < len(page) - 2000
    assert shown.count(" end</p>") == 1
    assert page.count("end</p>") == 3
    assert "Show all 2,003 characters" in page
