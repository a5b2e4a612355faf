"""Leasing does not pass over what many people hold at every call, and still finds all of it."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client

from annotate.models import Candidate, Lease, Query
from annotate.selectors import judging
from annotate.selectors.judging import remaining_for
from annotate.services import leasing
from annotate.services.leasing import lease_length, tasks_lease
from annotate.services.sittings import sitting_finish
from tests.annotate.judging import grade, record
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Twelve candidates, of which two are near the start."""
    monkeypatch.setattr(leasing, "_NEAR", 1)
    return [row.pk for row in make_queue(cast.project, queries=3, passages=4)]


def lease(cast: Cast, username: str, count: int) -> list[int]:
    person = getattr(cast, username)
    return [
        row.candidate_id for row in tasks_lease(project=cast.project, person=person, count=count)
    ]


def test_what_is_given_back_comes_after_a_while_and_at_the_end(
    cast: Cast, queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lease(cast, "annotator", 5) == queue[:5]
    assert lease(cast, "reviewer", 2) == queue[5:7]
    assert sitting_finish(project=cast.project, person=cast.annotator) == 5
    # What is near the start is found at once, the rest from where the queue was open just now.
    assert lease(cast, "manager", 4) == [*queue[:2], *queue[7:9]]
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + leasing._FRONT_SECONDS)
    assert lease(cast, "owner", 4) == [*queue[2:5], queue[9]]
    for pk in lease(cast, "owner", 4):
        record(cast.project, cast.owner, grade(pk, 1))
    assert lease(cast, "owner", 9) == queue[10:]


def test_at_the_end_of_the_queue_everything_is_looked_at(cast: Cast, queue: list[int]) -> None:
    assert lease(cast, "annotator", 5) == queue[:5]
    assert lease(cast, "reviewer", 6) == queue[5:11]
    sitting_finish(project=cast.project, person=cast.annotator)
    assert lease(cast, "manager", 9) == [*queue[:5], queue[11]]


def test_everybody_has_a_front_of_their_own_where_more_than_one_judges(
    cast: Cast, queue: list[int]
) -> None:
    cast.project.overlap = 2
    cast.project.save()
    assert lease(cast, "annotator", 6) == queue[:6]
    assert lease(cast, "reviewer", 4) == queue[:4]
    assert lease(cast, "manager", 4) == queue[4:8]


def test_a_lease_is_renewed_once_a_tenth_of_it_is_over(cast: Cast, queue: list[int]) -> None:
    lease(cast, "annotator", 2)
    [old, new] = Lease.objects.order_by("candidate__position")
    Lease.objects.filter(pk=old.pk).update(expires_at=Now() + lease_length() * 0.85)
    Lease.objects.filter(pk=new.pk).update(expires_at=Now() + lease_length() * 0.95)
    kept = Lease.objects.get(pk=new.pk).expires_at
    assert lease(cast, "annotator", 2) == queue[:2]
    assert Lease.objects.get(pk=new.pk).expires_at == kept
    left = Lease.objects.get(pk=old.pk).expires_at - kept
    assert left > timedelta(0)


def test_what_is_at_hand_comes_without_its_texts(cast: Cast, queue: list[int]) -> None:
    lease(cast, "annotator", 2)
    rows = tasks_lease(
        project=cast.project, person=cast.annotator, count=3, known=[queue[0], 1 << 62]
    )
    assert [row.candidate_id for row in rows] == queue[:3]
    loaded = [Candidate.passage.field.is_cached(row.candidate) for row in rows[1:]]
    assert loaded == [True, True]
    assert not Lease.candidate.field.is_cached(rows[0])


def test_a_call_that_needs_nothing_new_leaves_the_look_at_everything_to_the_next(
    cast: Cast, queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lease(cast, "annotator", 5) == queue[:5]
    assert lease(cast, "reviewer", 2) == queue[5:7]
    sitting_finish(project=cast.project, person=cast.annotator)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + leasing._FRONT_SECONDS)
    assert lease(cast, "reviewer", 2) == queue[5:7]
    assert lease(cast, "manager", 4) == queue[:4]


def test_what_is_withdrawn_is_not_said_to_be_left(
    cast: Cast, queue: list[int], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "COUNTED_EXACTLY", 2)
    Query.objects.filter(external_id__in=("q1", "q2")).update(withdrawn_at=Now())
    for pk in lease(cast, "annotator", 9):
        record(cast.project, cast.annotator, grade(pk, 1))
    assert remaining_for(cast.project, cast.annotator, idle=True) == 0
    client.force_login(cast.annotator)
    page = client.get("/projects/library/judge/").content.decode()
    assert "You have judged everything" in page


def test_own_answers_are_not_left_however_many_there_are(
    cast: Cast, queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "COUNTED_EXACTLY", 5)
    cast.project.overlap = 2  # what one has answered still wants a colleague's judgment
    cast.project.save()
    left = []
    for pk in queue[:4]:
        record(cast.project, cast.annotator, grade(pk, 1))
        cache.clear()  # as some seconds later
        left.append(remaining_for(cast.project, cast.annotator))
    assert left == [11, 10, 9, 8]
    assert remaining_for(cast.project, cast.reviewer) == 12
