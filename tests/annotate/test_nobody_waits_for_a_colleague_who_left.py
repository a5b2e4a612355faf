"""What somebody holds is free at once when they leave or become a viewer, even what they are being
leased at that moment; their answers afterwards have a place if they are let in again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from django.http import Http404
from django.test import Client

from accounts.models import Project, User
from accounts.services import member_remove, member_set, project_delete
from annotate.models import Judgment, Kind, Lease, PairLease, Purpose
from annotate.selectors.checks import checks_among
from annotate.selectors.judging import held_by_others, remaining_for
from annotate.selectors.pairs import pairs_held_by_others
from annotate.services.answers import Status
from annotate.services.leasing import tasks_lease
from tests.annotate.checks import make_gold
from tests.annotate.judging import counted, grade, record
from tests.annotate.pairing import compare, leased, offered, prefer
from tests.annotate.waiting import begun
from tests.factory import Cast, make_cast, make_queue


def remove(project: Project, user: User) -> None:
    member_remove(project=project, user=user)


def demote(project: Project, user: User) -> None:
    member_set(project=project, user=user, role="viewer")


def lease(cast: Cast, username: str, count: int = 50) -> list[int]:
    person = getattr(cast, username)
    return [
        row.candidate_id for row in tasks_lease(project=cast.project, person=person, count=count)
    ]


ENDS = pytest.mark.parametrize("end", [remove, demote])


@ENDS
def test_what_they_held_is_their_colleagues_at_once(
    client: Client, cast: Cast, end: Callable[[Project, User], None]
) -> None:
    queue = make_queue(cast.project)
    pairs = offered(cast.project)
    other = make_cast("archive")
    elsewhere = make_queue(other.project, 1, 1)
    member_set(project=other.project, user=cast.annotator, role="annotator")
    assert len(lease(cast, "annotator")) == len(queue)
    assert len(leased(cast.project, cast.annotator, 50)) == len(pairs)
    tasks_lease(project=other.project, person=cast.annotator, count=1)
    assert lease(cast, "reviewer") == []
    end(cast.project, cast.annotator)
    assert held_by_others(cast.project, cast.reviewer) == 0
    assert pairs_held_by_others(cast.project, cast.reviewer) == 0
    assert remaining_for(cast.project, cast.reviewer) == len(queue)
    client.force_login(cast.reviewer)
    assert "Colleagues hold" not in client.get("/projects/library/judge/").content.decode()
    assert lease(cast, "reviewer") == [row.pk for row in queue]
    assert len(leased(cast.project, cast.reviewer, 50)) == len(pairs)
    # In another project nothing has ended.
    assert [*Lease.objects.filter(person=cast.annotator).values_list("candidate", flat=True)] == [
        elsewhere[0].pk
    ]


def test_who_still_judges_in_another_role_keeps_what_they_hold(cast: Cast) -> None:
    queue = make_queue(cast.project)
    lease(cast, "annotator")
    member_set(project=cast.project, user=cast.annotator, role="reviewer")
    assert Lease.objects.filter(person=cast.annotator).count() == len(queue)
    member_set(project=cast.project, user=cast.viewer, role="annotator")
    assert lease(cast, "viewer") == []


@ENDS
def test_an_answer_of_before_has_its_place_once_they_are_back(
    cast: Cast, end: Callable[[Project, User], None]
) -> None:
    queue = make_queue(cast.project, 1, 2)
    [pair] = offered(cast.project)
    lease(cast, "annotator")
    leased(cast.project, cast.annotator)
    end(cast.project, cast.annotator)
    answers = [grade(row, 1) for row in queue]
    with pytest.raises(Http404):
        record(cast.project, cast.annotator, *answers)
    with pytest.raises(Http404):
        compare(cast.project, cast.annotator, prefer(pair))
    record(cast.project, cast.reviewer, grade(queue[0], 0))
    member_set(project=cast.project, user=cast.annotator, role="annotator")
    results = record(cast.project, cast.annotator, *answers)
    assert [result.status for result in results] == [Status.LATE, Status.CREATED]
    assert counted(queue[0]) == [("library-reviewer", 0)]
    assert counted(queue[1]) == [("library-annotator", 1)]
    assert Judgment.objects.filter(person=cast.annotator).count() == 2
    [result] = compare(cast.project, cast.annotator, prefer(pair))
    assert result.status is Status.CREATED


@ENDS
def test_a_check_in_their_hands_is_still_one_when_they_are_back(
    cast: Cast, end: Callable[[Project, User], None]
) -> None:
    """It holds no slot; figures stand still for it only while its person may answer it."""
    [row] = make_queue(cast.project, 1, 1)
    make_gold(cast.manager, row)
    Lease.objects.create(
        candidate=row, person=cast.annotator, purpose=Purpose.CHECK,
        expires_at=cast.project.created_at,
    )  # fmt: skip
    assert checks_among([cast.project.pk]) == {cast.project.pk}
    end(cast.project, cast.annotator)
    assert checks_among([cast.project.pk]) == set()
    assert lease(cast, "reviewer") == [row.pk]
    member_set(project=cast.project, user=cast.annotator, role="annotator")
    assert checks_among([cast.project.pk]) == {cast.project.pk}
    record(cast.project, cast.annotator, answer := grade(row, 1))
    assert Judgment.objects.get(pk=answer.id).kind == Kind.CHECK


def test_accounts_and_projects_go_with_what_people_hold(cast: Cast) -> None:
    make_queue(cast.project)
    offered(cast.project)
    assert len(lease(cast, "annotator", 2)) == len(leased(cast.project, cast.annotator, 2)) == 2
    assert len(lease(cast, "reviewer", 2)) == len(leased(cast.project, cast.reviewer, 2)) == 2
    cast.annotator.delete()
    assert set(Lease.objects.values_list("person", flat=True)) == {cast.reviewer.pk}
    assert set(PairLease.objects.values_list("person", flat=True)) == {cast.reviewer.pk}
    project_delete(project=cast.project)
    assert not Lease.objects.exists()
    assert not PairLease.objects.exists()


@pytest.mark.django_db(transaction=True)
@ENDS
def test_what_is_being_leased_to_them_goes_too(
    cast: Cast, end: Callable[[Project, User], None]
) -> None:
    make_queue(cast.project)
    offered(cast.project)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert lease(cast, "annotator")
            assert leased(cast.project, cast.annotator, 50)
            ended = begun(pool, lambda: end(cast.project, cast.annotator))
        ended.result(10)
    assert not Lease.objects.exists()
    assert not PairLease.objects.exists()


@pytest.mark.django_db(transaction=True)
@ENDS
@pytest.mark.parametrize("lease_of", [tasks_lease, leased])
def test_a_call_that_comes_while_they_leave_is_told_so(
    cast: Cast,
    end: Callable[[Project, User], None],
    lease_of: Callable[..., list[Lease] | list[PairLease]],
) -> None:
    make_queue(cast.project)
    offered(cast.project)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            end(cast.project, cast.annotator)
            asked = begun(
                pool, lambda: lease_of(project=cast.project, person=cast.annotator, count=3)
            )
        with pytest.raises(Http404):
            asked.result(10)
    assert not Lease.objects.exists()
    assert not PairLease.objects.exists()
