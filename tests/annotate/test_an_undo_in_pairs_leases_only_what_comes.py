"""An undo gives a pair back to its person, unless it is nobody's or somebody else's meanwhile."""

from collections.abc import Callable

import pytest

from annotate.models import Pair, PairLease, Preference, Query
from annotate.services.answers import Status
from annotate.services.assigning import queries_assign
from annotate.services.pairing import pairs_update
from annotate.services.withdrawing import (
    candidates_withdraw,
    passages_withdraw,
    queries_withdraw,
)
from tests.annotate.checks import set_queue
from tests.annotate.pairing import compare, leased, make_pairs, offered, prefer, skip, withdraw
from tests.factory import Cast

pytestmark = pytest.mark.django_db


def answer_and_undo(cast: Cast, pair: Pair, meanwhile: Callable[[], object]) -> bool:
    """Return whether the undo says that the pair is the person's again."""
    [answer] = compare(cast.project, cast.annotator, prefer(pair))
    meanwhile()
    [undo] = compare(cast.project, cast.annotator, withdraw(answer.id))
    assert undo.status is Status.CREATED
    assert not Preference.objects.filter(pair=pair, current=True).exists()
    return undo.leased


def comes(cast: Cast, pair: Pair) -> bool:
    return pair.pk in {row.pair_id for row in leased(cast.project, cast.annotator, 50)}


def withdraw_query(cast: Cast, pair: Pair) -> None:
    queries_withdraw(project=cast.project, by=cast.manager, reason="old", queries=[pair.query_id])


def withdraw_candidate(cast: Cast, pair: Pair) -> None:
    rows = [pair.second_id]
    candidates_withdraw(project=cast.project, by=cast.manager, reason="old", candidates=rows)


def withdraw_passage(cast: Cast, pair: Pair) -> None:
    rows = [pair.first.passage_id]
    passages_withdraw(project=cast.project, by=cast.manager, reason="old", passages=rows)


def assign_to_others(cast: Cast, pair: Pair) -> None:
    rows = Query.objects.filter(pk=pair.query_id)
    queries_assign(project=cast.project, queries=rows, people=[cast.reviewer], by=cast.manager)


def keep_to_assigned(cast: Cast, pair: Pair) -> None:
    set_queue(cast.project, assigned_only=True)


def offer_fewer(cast: Cast, pair: Pair) -> None:
    offered(cast.project, depth=2)


def turn_off(cast: Cast, pair: Pair) -> None:
    pairs_update(project=cast.project, on=False)


@pytest.mark.parametrize(
    "change",
    [
        withdraw_query,
        withdraw_candidate,
        withdraw_passage,
        assign_to_others,
        keep_to_assigned,
        offer_fewer,
        turn_off,
    ],
)
def test_what_does_not_come_again_is_not_leased(
    cast: Cast, change: Callable[[Cast, Pair], None]
) -> None:
    [_, pair, *_] = make_pairs(cast.project)
    assert not answer_and_undo(cast, pair, lambda: change(cast, pair))
    assert not PairLease.objects.filter(pair=pair).exists()
    assert not comes(cast, pair)


def test_a_query_that_was_given_to_a_colleague_is_free_for_them_at_once(cast: Cast) -> None:
    [pair, *_] = make_pairs(cast.project)
    assert not answer_and_undo(cast, pair, lambda: assign_to_others(cast, pair))
    assert pair.pk in {row.pair_id for row in leased(cast.project, cast.reviewer, 10)}


def test_a_query_of_ones_own_comes_back(cast: Cast) -> None:
    [pair, *_] = make_pairs(cast.project)

    def assign() -> None:
        rows = Query.objects.filter(pk=pair.query_id)
        queries_assign(project=cast.project, queries=rows, people=[cast.annotator], by=cast.manager)
        set_queue(cast.project, assigned_only=True)

    assert answer_and_undo(cast, pair, assign)
    assert leased(cast.project, cast.annotator)[0].pair_id == pair.pk


def test_each_answer_of_a_batch_is_looked_at_by_itself(cast: Cast) -> None:
    pairs = make_pairs(cast.project, queries=2)
    answers = [prefer(pairs[0]), skip(pairs[-1])]
    assign_to_others(cast, pairs[0])
    undos = [withdraw(answer.id) for answer in answers]
    found = compare(cast.project, cast.annotator, *answers, *undos)
    assert [row.leased for row in found] == [False, False, False, True]
    assert comes(cast, pairs[-1])
