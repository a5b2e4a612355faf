"""The same text under one query, or under its near-identical twins, with different grades is found
and shown: who said what, the largest difference first."""

import numpy as np
from django.test import Client
from django.utils import timezone

from annotate.agreement.conflicts import KEPT_MAX, conflicts_of
from annotate.models import Candidate
from tests.factory import (
    GRADES_0_3,
    PASSWORD,
    Cast,
    bearer,
    make_candidate,
    make_cast,
    make_judgment,
    make_label,
    make_passage,
    make_query,
)

PATH = "/projects/library/agreement/conflicts/"
API = "/api/v1/projects/library/agreement/"


def library() -> tuple[Cast, list[Candidate]]:
    """Twin queries and a stranger; a passage under two ids; grades 3, 0 and 1 on the one text."""
    cast = make_cast(grades=GRADES_0_3, overlap=2)
    project = cast.project
    queries = [
        make_query(project, text, f"q{row}")
        for row, text in enumerate(
            ["How do I parse json?", "how do I parse JSON", "How are threads joined?"]
        )
    ]
    text = "json.loads turns a document into objects."
    one, two = (make_passage(project, text, key, title="Parsing") for key in ("p1", "p2"))
    other = make_passage(project, text, "p3", title="Another title")
    rows = [
        make_candidate(queries[0], one),
        make_candidate(queries[1], one),
        make_candidate(queries[1], two),
        make_candidate(queries[1], other),
        make_candidate(queries[2], one),
    ]
    for row, grade in zip(rows, (3, 0, 1, 3, 2), strict=True):
        make_judgment(row, cast.annotator, grade)
    make_judgment(rows[0], cast.reviewer, 2, slot=2)
    return cast, rows


def found(client: Client, cast: Cast, **parameters: str) -> list[tuple[float, list[str]]]:
    body = client.get(API, parameters, **bearer(cast.reviewer)).json()
    assert body["conflicts_total"] == len(body["conflicts"])
    return [
        (conflict["difference"], [row["candidate"] for row in conflict["candidates"]])
        for conflict in body["conflicts"]
    ]


def test_texts_under_twin_queries_are_one_conflict(client: Client, db: None) -> None:
    cast, rows = library()
    # Mean grades 0, 1 and 2.5; another title is another passage, another query another matter.
    assert found(client, cast) == [(2.5, [str(rows[at].pk) for at in (1, 2, 0)])]
    [conflict] = client.get(API, **bearer(cast.reviewer)).json()["conflicts"]
    said = conflict["candidates"][2]["judgments"]
    names = [(each["judge"]["name"], each["grade"]) for each in said]
    assert names == [("library-annotator", 3), ("library-reviewer", 2)]


def test_imported_labels_take_part_if_they_are_asked_for(client: Client, db: None) -> None:
    cast, rows = library()
    make_label(rows[3], 3)
    make_label(make_candidate(rows[0].query, rows[3].passage), 1)
    assert len(found(client, cast)) == 1
    assert [gap for gap, _ in found(client, cast, with_imported="true")] == [2.5, 2.0]


def test_what_is_withdrawn_is_no_conflict(client: Client, db: None) -> None:
    cast, rows = library()
    Candidate.objects.filter(pk=rows[0].pk).update(withdrawn_at=timezone.now())
    assert found(client, cast) == [(1.0, [str(rows[at].pk) for at in (1, 2)])]


def test_the_page_shows_who_said_what_to_those_who_review(client: Client, db: None) -> None:
    cast, _ = library()
    client.login(username=cast.reviewer.username, password=PASSWORD)
    page = client.get(PATH).content.decode()
    assert "2.50 grades apart" in page
    assert "library-annotator: 3 Exact" in page
    assert page.count("how do I parse JSON") == 2
    assert client.post(PATH).status_code == 405
    assert "judged differently" in client.get("/projects/library/agreement/").content.decode()


def test_only_those_who_review_see_it(client: Client, db: None) -> None:
    cast, _ = library()
    for user, status in ((cast.annotator, 403), (cast.viewer, 403), (cast.outsider, 404)):
        client.login(username=user.username, password=PASSWORD)
        assert client.get(PATH).status_code == status
    client.logout()
    assert client.get(PATH).status_code == 302
    body = client.get(API, **bearer(cast.annotator)).json()
    assert (body["conflicts"], body["conflicts_total"]) == ([], 1)


def test_the_largest_differences_are_kept_and_all_are_counted() -> None:
    groups = KEPT_MAX + 100
    candidate = np.arange(groups * 2)
    group = candidate // 2
    grade = np.where(candidate % 2, group % 7, 0).astype(np.float64)
    same = np.zeros_like(candidate)
    total, kept = conflicts_of(candidate, group, same, same, grade)
    assert total == sum(row % 7 > 0 for row in range(groups))
    assert len(kept) == KEPT_MAX
    gaps = [conflict.difference for conflict in kept]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == 6.0
