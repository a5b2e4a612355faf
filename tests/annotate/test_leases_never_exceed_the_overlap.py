"""Work is leased in queue order, in as many slots as the overlap, and returns when it expires."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Project, User
from accounts.services import member_set, project_update
from annotate.models import Candidate, Judgment, Lease
from annotate.selectors.judging import held_by_others, remaining_for
from annotate.services.leasing import leases_expire, tasks_lease
from annotate.tasks import leases_sweep
from tests.annotate.judging import counted, grade, record, skip, withdraw
from tests.factory import Cast, make_cast, make_queue


def lease(project: Project, person: User, count: int = 1) -> list[int]:
    return [row.candidate_id for row in tasks_lease(project=project, person=person, count=count)]


def expire(person: User) -> None:
    Lease.objects.filter(person=person).update(expires_at=Now() - timedelta(seconds=1))


def test_items_come_in_queue_order(cast: Cast) -> None:
    queue = make_queue(cast.project)
    Candidate.objects.filter(pk=queue[5].pk).update(position=-1)
    assert lease(cast.project, cast.annotator, 3) == [queue[5].pk, queue[0].pk, queue[1].pk]


def test_a_second_call_gives_the_same_items_renewed(cast: Cast) -> None:
    make_queue(cast.project)
    first = tasks_lease(project=cast.project, person=cast.annotator, count=2)
    Lease.objects.update(expires_at=Now() + timedelta(seconds=5))
    assert lease(cast.project, cast.annotator, 2) == [row.candidate_id for row in first]
    soonest = Lease.objects.earliest("expires_at").expires_at
    assert soonest - timezone.now() > timedelta(seconds=60)


def test_two_people_never_hold_the_same_item_at_overlap_1(cast: Cast) -> None:
    make_queue(cast.project)
    mine, theirs = lease(cast.project, cast.annotator, 3), lease(cast.project, cast.reviewer, 5)
    assert len(mine) == len(theirs) == 3
    assert not set(mine) & set(theirs)
    assert lease(cast.project, cast.owner) == []
    assert remaining_for(cast.project, cast.owner) == 0
    assert held_by_others(cast.project, cast.owner) == 6
    assert remaining_for(cast.project, cast.annotator) == 3


def test_an_item_goes_to_as_many_people_as_the_overlap(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 1)
    project_update(project=cast.project, overlap=2)
    assert lease(cast.project, cast.annotator) == lease(cast.project, cast.reviewer)
    assert lease(cast.project, cast.owner) == []
    assert set(queue[0].leases.values_list("slot", flat=True)) == {1, 2}


def test_an_answered_or_skipped_item_never_comes_again(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 3)
    project_update(project=cast.project, overlap=2)
    record(cast.project, cast.annotator, grade(queue[0], 1), skip(queue[1]))
    assert lease(cast.project, cast.annotator, 9) == [queue[2].pk]
    assert lease(cast.project, cast.reviewer, 9) == [row.pk for row in queue]


def test_an_expired_lease_is_taken_over_at_once(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 1)
    lease(cast.project, cast.annotator)
    assert lease(cast.project, cast.reviewer) == []
    expire(cast.annotator)
    assert lease(cast.project, cast.reviewer) == [queue[0].pk]
    assert lease(cast.project, cast.annotator) == []


def test_an_expired_lease_is_still_its_owners_while_nobody_took_it(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    lease(cast.project, cast.annotator)
    expire(cast.annotator)
    assert lease(cast.project, cast.annotator) == [queue[0].pk]
    assert lease(cast.project, cast.reviewer) == [queue[1].pk]


def test_an_expired_lease_does_not_come_back_to_a_slot_that_somebody_filled(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    project_update(project=cast.project, overlap=2)
    lease(cast.project, cast.annotator)
    expire(cast.annotator)
    record(cast.project, cast.reviewer, grade(item, 1))
    assert not Lease.objects.exists()
    assert lease(cast.project, cast.annotator) == [item.pk]
    assert (Lease.objects.get().slot, Judgment.objects.get().slot) == (2, 1)


def test_an_undo_takes_the_slot_of_an_expired_lease(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    record(cast.project, cast.reviewer, answer := grade(item, 1))
    Lease.objects.create(candidate=item, person=cast.annotator, slot=1, expires_at=Now())
    [undone] = record(cast.project, cast.reviewer, withdraw(answer.id))
    assert undone.leased
    assert [*Lease.objects.values_list("person", "slot")] == [(cast.reviewer.pk, 1)]


def test_the_sweep_deletes_expired_leases_only(cast: Cast) -> None:
    make_queue(cast.project)
    lease(cast.project, cast.annotator, 2)
    lease(cast.project, cast.reviewer, 3)
    expire(cast.annotator)
    assert leases_expire() == 2
    leases_sweep()
    assert set(Lease.objects.values_list("person", flat=True)) == {cast.reviewer.pk}


def test_withdrawn_texts_and_candidates_are_passed_over(cast: Cast) -> None:
    queue = make_queue(cast.project, 2, 3)
    queue[0].query.withdrawn_at = queue[3].withdrawn_at = queue[4].passage.withdrawn_at = (
        timezone.now()
    )
    queue[0].query.save()
    queue[3].save()
    queue[4].passage.save()
    assert lease(cast.project, cast.annotator, 9) == [queue[5].pk]
    assert remaining_for(cast.project, cast.annotator) == 1


def test_an_item_withdrawn_in_someones_hands_is_not_given_again(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    lease(cast.project, cast.annotator)
    Candidate.objects.filter(pk=queue[0].pk).update(withdrawn_at=Now())
    assert lease(cast.project, cast.annotator) == [queue[1].pk]


def test_a_closed_project_hands_out_nothing(cast: Cast) -> None:
    make_queue(cast.project)
    project_update(project=cast.project, closed_at=timezone.now())
    assert lease(cast.project, cast.annotator) == []
    assert remaining_for(cast.project, cast.annotator) == 0


def test_other_projects_stay_apart(cast: Cast) -> None:
    other = make_cast("archive")
    queue = make_queue(other.project, 1, 1)
    make_queue(cast.project, 1, 1)
    member_set(project=other.project, user=cast.annotator, role="annotator")
    lease(cast.project, cast.annotator, 5)
    assert lease(other.project, cast.annotator, 5) == [queue[0].pk]


def test_raising_the_overlap_reopens_what_was_full_and_lowering_closes_it(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    record(cast.project, cast.annotator, grade(queue[0], 1))
    assert lease(cast.project, cast.reviewer, 9) == [queue[1].pk]
    project_update(project=cast.project, overlap=2)
    assert sorted(lease(cast.project, cast.reviewer, 9)) == [queue[0].pk, queue[1].pk]
    record(cast.project, cast.reviewer, grade(queue[0], 0))
    project_update(project=cast.project, overlap=1)
    assert lease(cast.project, cast.owner, 9) == []
    assert counted(queue[0]) == [("library-annotator", 1), ("library-reviewer", 0)]


def test_someone_far_ahead_of_their_colleagues_still_gets_everything(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search near the start, from the last answer and over all leaves no item out."""
    monkeypatch.setattr("annotate.services.leasing._NEAR", 2)
    project_update(project=cast.project, overlap=2)
    queue = make_queue(cast.project, 3, 4)
    record(cast.project, cast.annotator, *(grade(row, 1) for row in (*queue[:5], queue[8])))
    assert lease(cast.project, cast.annotator, 2) == [queue[9].pk, queue[10].pk]
    everything = lease(cast.project, cast.annotator, 50)
    assert sorted(everything) == [queue[i].pk for i in (5, 6, 7, 9, 10, 11)]
