"""Pairs are made as the settings say, in an order that the seed gives, and anew without loss."""

import pytest
from django.core.exceptions import ValidationError

from annotate.models import Ordering, Pair, PairScheme, Preference, Strategy
from annotate.services.arranging import queue_update
from annotate.services.pairing import pairs_make, pairs_of, pairs_request, pairs_update
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.pairing import compare, make_pairs, offered, prefer
from tests.factory import Cast, make_candidate, make_passage, make_proposal, make_queue

pytestmark = pytest.mark.django_db


def placed(rows: list[Pair]) -> list[tuple[int, int]]:
    """Return each pair as the places of its candidates in the order of import."""
    places = {pk: at for at, pk in enumerate(sorted({p for row in rows for p in two(row)}))}
    return [(places[row.first_id], places[row.second_id]) for row in rows]


def two(pair: Pair) -> tuple[int, int]:
    return pair.first_id, pair.second_id


def test_neighbours_or_every_two_of_the_first_k_in_import_order(cast: Cast) -> None:
    rows = make_pairs(cast.project, queries=1, passages=5, depth=4)
    assert placed(rows) == [(0, 1), (1, 2), (2, 3)]
    rows = offered(cast.project, scheme=PairScheme.ALL, depth=3)
    assert placed(rows) == [(0, 1), (0, 2), (1, 2)]
    assert Pair.objects.count() == 4  # what is asked for no more is kept, and not offered
    found = pairs_of(cast.project)
    assert (found.status, found.made, found.total) == (Ordering.DONE, 1, 1)


def test_ranks_of_the_largest_run_or_of_the_one_that_is_set(cast: Cast) -> None:
    candidates = make_queue(cast.project, 1, 5)
    for rank, row in enumerate(reversed(candidates)):
        make_proposal(row, "long", rank=rank)
    run = make_proposal(candidates[1], "short", rank=1).run
    make_proposal(candidates[4], "short", rank=2)
    [row] = offered(cast.project, depth=2)
    assert two(row) == (candidates[3].pk, candidates[4].pk)
    [row] = offered(cast.project, depth=4, run=run)  # only what the run ranks
    assert two(row) == (candidates[1].pk, candidates[4].pk)
    candidates_withdraw(
        project=cast.project, by=cast.manager, reason="Off topic.", candidates=[candidates[4].pk]
    )
    assert offered(cast.project, depth=5) == []


def test_new_candidates_are_taken_in_and_what_was_said_stays(cast: Cast) -> None:
    [pair] = make_pairs(cast.project, queries=1, passages=2)
    [told] = compare(cast.project, cast.annotator, prefer(pair))
    make_candidate(pair.query, make_passage(cast.project, "One more."))
    pairs_request(project=cast.project)
    pairs_make(project_id=cast.project.pk)
    assert Pair.objects.filter(offered=True).count() == 2
    pairs_update(project=cast.project, on=False)
    assert Preference.objects.get() == told.preference
    with pytest.raises(ValidationError, match="no pairs compared"):
        pairs_request(project=cast.project)


def test_the_order_is_seeded_and_query_by_query_where_the_queue_is(cast: Cast) -> None:
    rows = make_pairs(cast.project, queries=4, passages=4)
    keys = {row.pk: row.position for row in rows}
    again = {row.pk: row.position for row in offered(cast.project, depth=5)}
    assert again == keys
    queue_update(project=cast.project, seed=7)
    assert all(row.position != keys[row.pk] for row in offered(cast.project))
    queue_update(project=cast.project, strategy=Strategy.QUERY)
    queries = [row.query_id for row in sorted(offered(cast.project), key=lambda r: r.position)]
    runs = [query for at, query in enumerate(queries) if at == 0 or queries[at - 1] != query]
    assert len(runs) == 4


def test_a_worker_that_died_leaves_the_rest_to_the_next(cast: Cast) -> None:
    make_queue(cast.project, 3, 2)
    pairs_update(project=cast.project, on=True)
    reached = cast.project.queries.order_by("pk")[1].pk
    type(pairs_of(cast.project)).objects.update(reached=reached, made=2, status=Ordering.RUNNING)
    pairs_make(project_id=cast.project.pk)
    assert Pair.objects.count() == 1
    assert pairs_of(cast.project).made == 3


def test_settings_that_make_no_pair_are_refused(cast: Cast) -> None:
    elsewhere = make_proposal(make_queue(cast.outsider.memberships.get().project)[0], "x", 1).run
    for fields in ({"depth": 1}, {"scheme": "some"}, {"run": elsewhere}):
        with pytest.raises(ValidationError):
            pairs_update(project=cast.project, **fields)
