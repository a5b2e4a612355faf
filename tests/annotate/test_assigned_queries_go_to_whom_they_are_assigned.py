"""Assigned queries are leased to their people only, and are everybody's when these leave."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import member_remove, member_set
from annotate.models import Candidate, Group, Lane, Lease, Ordering, Query, Queue
from annotate.selectors.judging import held_by_others, remaining_for
from annotate.selectors.queue import assignments_of
from annotate.services import assigning
from annotate.services.arranging import queue_arrange
from annotate.services.assigning import group_remove, group_set, queries_assign
from annotate.services.leasing import tasks_lease
from tests.annotate.checks import set_queue, work
from tests.factory import Cast, make_annotator, make_candidate, make_cast, make_passage, make_queue

pytestmark = pytest.mark.django_db


def assign(
    cast: Cast, *names: str, people: tuple[User, ...] = (), groups: tuple[Group, ...] = ()
) -> int:
    rows: QuerySet[Query] = Query.objects.filter(external_id__in=names)
    return queries_assign(
        project=cast.project, queries=rows, people=people, groups=groups, by=cast.manager
    )


def queries(cast: Cast, person: User, count: int = 50) -> list[str | None]:
    """Return the queries of what a person is leased, in order, and give it all back."""
    leases = tasks_lease(project=cast.project, person=person, count=count)
    names = dict(Query.objects.values_list("pk", "external_id"))
    found = [names[lease.candidate.query_id] for lease in leases]
    Lease.objects.filter(person=person).delete()
    return list(dict.fromkeys(found))


def test_people_and_groups_get_theirs_first_and_nobody_elses(cast: Cast) -> None:
    make_queue(cast.project, 4, 2)
    third = make_annotator(cast.project, "third")
    group = group_set(project=cast.project, name="night", people=[cast.reviewer, third])
    assert assign(cast, "q1", people=(cast.annotator,)) == 1
    assert assign(cast, "q2", groups=(group,)) == 1
    assert assign(cast, "q2", groups=(group,)) == 0
    assert queries(cast, cast.annotator) == ["q1", "q0", "q3"]
    assert queries(cast, third) == queries(cast, cast.reviewer) == ["q2", "q0", "q3"]
    assert queries(cast, cast.owner) == ["q0", "q3"]
    assert remaining_for(cast.project, cast.owner) == 4
    assert remaining_for(cast.project, third) == 6
    tasks_lease(project=cast.project, person=third, count=2)
    assert held_by_others(cast.project, cast.owner) == 0
    assert held_by_others(cast.project, cast.reviewer) == 2
    set_queue(cast.project, assigned_only=True)
    assert queries(cast, cast.annotator) == ["q1"]
    assert queries(cast, cast.owner) == []


def test_who_has_nothing_assigned_is_told_so(client: Client, cast: Cast) -> None:
    make_queue(cast.project, 2, 1)
    assign(cast, "q0", people=(cast.annotator,))
    set_queue(cast.project, assigned_only=True)
    client.force_login(cast.reviewer)
    assert "Nothing is assigned to you" in client.get("/projects/library/judge/").content.decode()
    work(cast.project, cast.annotator, 2)
    client.force_login(cast.annotator)
    done = client.get("/projects/library/judge/").content.decode()
    assert "You have judged everything that is open to you" in done


def test_who_leaves_frees_what_was_assigned_to_them(cast: Cast) -> None:
    make_queue(cast.project, 3, 1)
    group = group_set(project=cast.project, name="night", people=[cast.reviewer])
    assign(cast, "q0", people=(cast.annotator, cast.reviewer))
    assign(cast, "q1", groups=(group,))
    assert queries(cast, cast.owner) == ["q2"]
    member_remove(project=cast.project, user=cast.annotator)
    assert queries(cast, cast.owner) == ["q2"]
    member_set(project=cast.project, user=cast.reviewer, role="viewer")
    assert queries(cast, cast.owner) == ["q0", "q1", "q2"]
    assert [row.open for row in assignments_of(cast.project)] == [True, True]
    member_set(project=cast.project, user=cast.reviewer, role="annotator")
    assert queries(cast, cast.owner) == ["q2"]
    group_remove(group=group)
    assert queries(cast, cast.owner) == ["q1", "q2"]
    assert assign(cast, "q0", "q1", "q2") == 2
    assert queries(cast, cast.owner) == ["q0", "q1", "q2"]


def test_new_candidates_of_an_assigned_query_are_assigned(cast: Cast) -> None:
    [row] = make_queue(cast.project, 1, 1)
    assign(cast, "q0", people=(cast.annotator,))
    make_candidate(row.query, make_passage(cast.project, "A later passage."), position=9)
    assert len(tasks_lease(project=cast.project, person=cast.annotator, count=9)) == 2
    assert tasks_lease(project=cast.project, person=cast.reviewer, count=9) == []


def test_what_is_assigned_elsewhere_is_not_prolonged(cast: Cast) -> None:
    make_queue(cast.project, 2, 1)
    assert len(tasks_lease(project=cast.project, person=cast.reviewer, count=2)) == 2
    assign(cast, "q0", people=(cast.annotator,))
    [kept] = tasks_lease(project=cast.project, person=cast.reviewer, count=2)
    assert kept.candidate.query.text == "How do I do thing 1?"
    Lease.objects.filter(person=cast.reviewer).update(expires_at=timezone.now())
    assert queries(cast, cast.annotator, 1) == ["q0"]


def test_many_candidates_follow_with_the_next_arranging(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_queue(cast.project, 2, 3)
    monkeypatch.setattr(assigning, "_AT_ONCE", 2)
    assign(cast, "q0", people=(cast.annotator,))
    assert Queue.objects.get().status == Ordering.QUEUED
    assert queries(cast, cast.owner) == ["q1"]  # passed over until they have followed
    queue_arrange(project_id=cast.project.pk)
    assert queries(cast, cast.annotator, 1) == ["q0"]
    assert Candidate.objects.filter(lane__gt=0).count() == 3


def test_only_members_and_groups_of_the_project(cast: Cast) -> None:
    make_queue(cast.project, 1, 1)
    other = make_cast("archive")
    group = group_set(project=other.project, name="theirs", people=[other.annotator])
    with pytest.raises(ValidationError, match="No members of this project: library-outsider"):
        assign(cast, "q0", people=(cast.outsider,))
    with pytest.raises(ValidationError, match="another project"):
        assign(cast, "q0", groups=(group,))
    with pytest.raises(ValidationError):
        group_set(project=cast.project, name=" ", people=[])
    with pytest.raises(ValidationError, match="No members"):
        group_set(project=cast.project, name="x", people=[cast.outsider])


def test_the_database_keeps_assignments(cast: Cast) -> None:
    [row] = make_queue(cast.project, 1, 1)
    other = make_cast("archive")
    assign(cast, "q0", people=(cast.annotator,))
    lane = Lane.objects.get()
    with pytest.raises(IntegrityError, match="assigned to others"), transaction.atomic():
        Lease.objects.create(candidate=row, person=cast.reviewer, slot=1, expires_at=Now())
    with pytest.raises(IntegrityError, match="members and groups"), transaction.atomic():
        lane.seats.create(member=other.project.members.first())
    with pytest.raises(IntegrityError, match="lane of its project"), transaction.atomic():
        Query.objects.filter(pk=row.query_id).update(lane=lane.pk + 999)
