"""An undo gives an item back to its person, unless it is withdrawn or somebody else's meanwhile."""

import pytest

from annotate.models import Judgment, Lease, Query
from annotate.services.answers import Status
from annotate.services.assigning import queries_assign
from annotate.services.leasing import tasks_lease
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.checks import set_queue
from tests.annotate.judging import grade, record, withdraw
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db


def test_a_withdrawn_candidate_does_not_come_back(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    [answer] = record(cast.project, cast.annotator, grade(item, 1))
    candidates_withdraw(project=cast.project, by=cast.manager, reason="old", candidates=[item.pk])
    [undo] = record(cast.project, cast.annotator, withdraw(answer.id))
    assert (undo.status, undo.leased) == (Status.CREATED, False)
    assert not Lease.objects.exists()
    assert not Judgment.objects.filter(current=True).exists()


def test_a_query_that_was_given_to_a_colleague_is_free_for_them_at_once(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    [answer] = record(cast.project, cast.annotator, grade(item, 1))
    query = Query.objects.filter(pk=item.query_id)
    queries_assign(project=cast.project, queries=query, people=[cast.reviewer], by=cast.manager)
    [undo] = record(cast.project, cast.annotator, withdraw(answer.id))
    assert (undo.status, undo.leased) == (Status.CREATED, False)
    held = tasks_lease(project=cast.project, person=cast.reviewer, count=10)
    assert item.pk in {lease.candidate_id for lease in held}


def test_with_assigned_queries_only_everybodys_are_nobodys(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    [answer] = record(cast.project, cast.annotator, grade(item, 1))
    set_queue(cast.project, assigned_only=True)
    [undo] = record(cast.project, cast.annotator, withdraw(answer.id))
    assert not undo.leased
