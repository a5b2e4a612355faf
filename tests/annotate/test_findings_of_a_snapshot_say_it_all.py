"""What whoever trusts a snapshot's figures should know is found, counted and said in sentences."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotate.models import Snapshot
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.import_files import take
from tests.factory import Cast, bearer, make_candidate, make_label, make_passage, make_query
from tests.shared import SHARED, needs_shared

pytestmark = pytest.mark.django_db(transaction=True)
SHARES = {"train": 0.5, "dev": 0.5, "test": 0.0}


def frozen(cast: Cast, **how: Any) -> Snapshot:
    snapshot = snapshot_create(project=cast.project, created_by=None, **how)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.ready, snapshot.error
    return snapshot


def found(snapshot: Snapshot, kind: str) -> list[tuple[int, int, str]]:
    return [
        (each["count"], each["of"], each["message"])
        for each in snapshot.findings
        if each["kind"] == kind
    ]


def label(cast: Cast, query: str, passage: str, text: str, grade: int, title: str = "") -> None:
    rows = cast.project
    known = rows.queries.filter(external_id=query).first()
    asked = known or make_query(rows, f"Question {query}", query)
    stored = rows.passages.filter(external_id=passage).first()
    candidate = make_candidate(asked, stored or make_passage(rows, text, passage, title=title))
    make_label(candidate, grade)


def test_candidates_that_nobody_judged_are_counted_where_their_query_is_judged(
    cast: Cast,
) -> None:
    for query in ("apples", "bananas"):
        label(cast, query, f"good {query}", f"Good for {query}.", 1)
    assert found(frozen(cast, splits=SHARES), "unjudged") == []
    first = cast.project.queries.get(external_id="apples")
    for number in range(3):
        passage = make_passage(cast.project, f"Unseen {number}", f"u{number}")
        candidate = make_candidate(first, passage)
    make_candidate(make_query(cast.project, "Never asked", "cherries"), passage)
    candidate.withdrawn_at = timezone.now()
    candidate.save()
    [(count, of, message)] = found(frozen(cast, splits=SHARES), "unjudged")
    assert (count, of) == (2, 4)
    assert message.startswith("2 of 4 candidates of these queries are judged by nobody")


def test_a_relevant_passage_of_train_is_told_of_and_an_irrelevant_one_is_not(cast: Cast) -> None:
    for query in ("apples", "bananas"):
        label(cast, query, "both", "It is good for both.", 1)
        label(cast, query, "neither", "It is good for neither.", 0)
    snapshot = frozen(cast, splits=SHARES)
    assert found(snapshot, "shared_relevant") == [
        (
            1,
            1,
            (
                "1 of 1 queries of dev with a relevant passage have one that is also relevant to a"
                " query of train: a model may remember it instead of finding it."
            ),
        )
    ]
    assert found(snapshot, "shared_passages")[0][:2] == (2, 2)
    assert found(snapshot, "no_relevant") == found(snapshot, "repeated_pairs") == []


def test_the_same_passage_text_under_another_id_counts_as_shared(cast: Cast) -> None:
    label(cast, "apples", "one", "The same words.", 1)
    label(cast, "bananas", "two", "The same words.", 1)
    snapshot = frozen(cast, splits=SHARES)
    assert found(snapshot, "shared_relevant")[0][:2] == (1, 1)


def test_passages_without_a_text_are_told_apart_by_their_titles(cast: Cast) -> None:
    label(cast, "apples", "one", "", 1, title="One")
    label(cast, "apples", "two", "", 0, title="Two")
    label(cast, "bananas", "three", "", 1, title="Three")
    snapshot = frozen(cast, splits=SHARES)
    assert [each["kind"] for each in snapshot.findings] == []


def test_pairs_of_one_wording_are_counted_and_so_are_those_that_contradict(cast: Cast) -> None:
    label(cast, "apples", "a1", "An apple.", 1)
    label(cast, "apples", "a2", "An apple.", 0)
    label(cast, "apples", "a3", "A pear.", 0)
    label(cast, "apples", "a4", "A pear.", 0)
    label(cast, "bananas", "b1", "A banana.", 1)
    snapshot = frozen(cast, splits={"train": 1.0, "dev": 0.0, "test": 0.0})
    assert snapshot.statistics["splits"]["train"]["pairs"] == 5, "all of them are kept"
    [(count, of, message)] = found(snapshot, "repeated_pairs")
    assert (count, of) == (2, 3)
    assert message.endswith("occur as several candidates, under different ids (train 2 of 3).")
    [(count, of, message)] = found(snapshot, "contradictory_pairs")
    assert (count, of) == (1, 2)
    assert "have different grades (train 1 of 2)" in message


def test_pairs_of_one_wording_are_found_under_several_ids_of_a_query_too(cast: Cast) -> None:
    for number, grade in enumerate((1, 0)):
        query = make_query(cast.project, "What is an apple?", f"q{number}")
        passage = make_passage(cast.project, "A fruit.", f"p{number}")
        make_label(make_candidate(query, passage), grade)
        other = make_query(cast.project, f"Between {number}", f"q{number}b")
        make_label(make_candidate(other, passage), 1)
    snapshot = frozen(cast, splits={"train": 1.0, "dev": 0.0, "test": 0.0})
    assert found(snapshot, "contradictory_pairs")[0][:2] == (1, 1)
    assert found(snapshot, "repeated_pairs")[0][:2] == (1, 3)


def test_queries_without_a_relevant_passage_are_counted(cast: Cast) -> None:
    for query, grade in (("apples", 1), ("bananas", 0), ("cherries", 0)):
        label(cast, query, query, f"About {query}.", grade)
    snapshot = frozen(cast, splits={"train": 1.0, "dev": 0.0, "test": 0.0})
    assert found(snapshot, "no_relevant") == [
        (
            2,
            3,
            (
                "2 of 3 queries have no relevant passage (train 2 of 3): there is nothing to find,"
                " and of ranking figures only nDCG can be above 0, by passages whose grade has a"
                " gain."
            ),
        )
    ]


def test_groups_that_cannot_be_split_are_named_as_the_reason(cast: Cast) -> None:
    for number in range(9):
        query = make_query(cast.project, "How to sort a list" + "?" * number, f"q{number}")
        make_label(make_candidate(query, make_passage(cast.project, f"p{number}")), 1)
    snapshot = snapshot_create(project=cast.project, created_by=None)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.error.startswith("9 judged queries (1 if near-identical ones count once)")


def test_the_page_and_the_api_say_the_same_sentences(client: Client, cast: Cast) -> None:
    for query in ("apples", "bananas"):
        label(cast, query, "both", "It is good for both.", 1)
    snapshot = frozen(cast, splits=SHARES)
    path = f"/api/v1/projects/library/snapshots/{snapshot.pk}/"
    told = client.get(path, **bearer(cast.viewer)).json()["findings"]
    assert [set(each) for each in told] == [{"kind", "split", "count", "of", "message"}] * 2
    client.force_login(cast.viewer)
    page = client.get(f"/projects/library/snapshots/{snapshot.pk}/").content.decode()
    for each in told:
        assert each["message"][0] == str(each["count"])
        assert each["message"].endswith(".")
        assert f"<li>{each['message']}</li>" in page


@needs_shared
def test_the_leaks_and_contradictions_of_the_court_cases_are_told(cast: Cast) -> None:
    take(cast.project, SHARED / "data/legal/pairs.jsonl")
    snapshot = frozen(cast)
    [(count, of, _)] = found(snapshot, "twin_queries")
    assert of == 941
    assert 300 <= count <= 400
    assert found(snapshot, "repeated_pairs")[0][0] == 1597
    assert found(snapshot, "contradictory_pairs")[0][:2] == (106, 1597)
    assert found(snapshot, "no_relevant")[0][1] == 941
