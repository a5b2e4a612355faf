"""One current answer per person and candidate, history for the rest, repeats recognised."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from accounts.models import Project
from accounts.services import project_delete, project_update
from annotate.models import Action, Candidate, Judgment, Kind, Lease
from annotate.services.answers import Answer, Status
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import counted, grade, record, reword_passage, skip, withdraw
from tests.factory import Cast, make_judgment, make_queue


def test_a_repeat_is_answered_with_the_first_result(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    answer = grade(item, 1, seconds=2.5, comment="Clear.", flagged=True, evidence=((0, 7),))
    first, second = record(cast.project, cast.annotator, answer, answer)
    [third] = record(cast.project, cast.annotator, answer)
    assert (first.status, second.status, third.status) == (
        Status.CREATED,
        Status.REPEATED,
        Status.REPEATED,
    )
    assert first.judgment == third.judgment == Judgment.objects.get()


@pytest.mark.parametrize(
    "change",
    [
        {"grade": 0},
        {"seconds": 3.0},
        {"comment": "Other."},
        {"flagged": True},
        {"evidence": ((0, 1),)},
        {"grade": None, "skip": ""},
        {"revision": 2},
        {"query_revision": 2},
    ],
)
def test_another_content_under_the_same_id_conflicts(cast: Cast, change: dict[str, Any]) -> None:
    [item, *_] = make_queue(cast.project)
    answer: dict[str, Any] = {"id": uuid.uuid4(), "candidate": item.pk, "grade": 1}
    record(cast.project, cast.annotator, Answer(**answer))
    known = {**answer, "revision": 1, "query_revision": 1}  # which is what it was stored with
    assert record(cast.project, cast.annotator, Answer(**known))[0].status == Status.REPEATED
    [result] = record(cast.project, cast.annotator, Answer(**{**answer, **change}))
    assert (result.status, result.judgment) == (Status.CONFLICT, None)
    assert counted(item) == [("library-annotator", 1)]


def test_the_id_of_somebody_else_conflicts_and_shows_nothing(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    answer = grade(item, 1)
    record(cast.project, cast.annotator, answer)
    [result] = record(cast.project, cast.reviewer, answer)
    assert (result.status, result.judgment) == (Status.CONFLICT, None)


def test_a_changed_grade_replaces_the_earlier_one_in_its_slot(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    first, second = record(cast.project, cast.annotator, grade(item, 1), grade(item, 0))
    assert counted(item) == [("library-annotator", 0)]
    assert first.judgment
    assert second.judgment
    assert second.judgment.replaces_id == first.judgment.pk
    assert not Judgment.objects.get(pk=first.judgment.pk).current
    assert Judgment.objects.count() == 2


def test_a_changed_grade_is_kept_after_the_overlap_was_lowered(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    project_update(project=cast.project, overlap=2)
    record(cast.project, cast.annotator, grade(item, 1))
    record(cast.project, cast.reviewer, grade(item, 1))
    project_update(project=cast.project, overlap=1)
    [result] = record(cast.project, cast.reviewer, grade(item, 0))
    assert result.status is Status.CREATED
    assert counted(item) == [("library-annotator", 1), ("library-reviewer", 0)]


def test_undo_frees_the_slot_and_the_item_comes_back_first(cast: Cast) -> None:
    queue = make_queue(cast.project)
    tasks_lease(project=cast.project, person=cast.annotator, count=3)
    last = grade(queue[2], 1)
    record(cast.project, cast.annotator, last)
    [result] = record(cast.project, cast.annotator, withdraw(last.id))
    assert (result.status, result.leased) == (Status.CREATED, True)
    assert counted(queue[2]) == []
    items = tasks_lease(project=cast.project, person=cast.annotator, count=2)
    assert [row.candidate_id for row in items] == [queue[2].pk, queue[0].pk]
    assert queue[2].pk not in {
        row.candidate_id for row in tasks_lease(project=cast.project, person=cast.reviewer, count=9)
    }


def test_undo_of_a_skip_gives_the_item_back_unless_someone_has_it(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    first, second = skip(queue[0], "Unreadable"), skip(queue[1])
    record(cast.project, cast.annotator, first, second)
    record(cast.project, cast.reviewer, grade(queue[1], 1))
    given, taken = record(cast.project, cast.annotator, withdraw(first.id), withdraw(second.id))
    assert (given.leased, taken.leased) == (True, False)
    assert Judgment.objects.get(pk=first.id).skip_reason == "Unreadable"


def test_only_ones_own_answer_that_still_holds_can_be_withdrawn(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    answer, other = grade(item, 1), grade(item, 0)
    record(cast.project, cast.annotator, answer, other)
    for person, target in (
        (cast.annotator, answer.id),
        (cast.reviewer, other.id),
        (cast.annotator, uuid.uuid4()),
    ):
        [result] = record(cast.project, person, withdraw(target))
        assert result.status is Status.INVALID
    undo = withdraw(other.id)
    statuses = [row.status for row in record(cast.project, cast.annotator, undo, undo)]
    assert statuses == [Status.CREATED, Status.REPEATED]
    [again] = record(cast.project, cast.annotator, withdraw(other.id))
    assert again.status is Status.INVALID


def test_a_skip_frees_the_slot_for_others(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    record(cast.project, cast.annotator, grade(item, 1), skip(item))
    [result] = record(cast.project, cast.reviewer, grade(item, 0))
    assert result.status is Status.CREATED
    assert counted(item) == [("library-reviewer", 0)]


def test_an_answer_after_an_expired_lease_counts_while_the_slot_is_free(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    Lease.objects.update(expires_at=Now() - timedelta(hours=1))
    [result] = record(cast.project, cast.annotator, grade(item, 1))
    assert result.status is Status.CREATED
    assert not Lease.objects.exists()


def test_an_answer_after_an_expired_lease_that_was_taken_is_late(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    Lease.objects.update(expires_at=Now() - timedelta(hours=1))
    tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    [late] = record(cast.project, cast.annotator, grade(item, 1))
    [result] = record(cast.project, cast.reviewer, grade(item, 0))
    assert (late.status, result.status) == (Status.LATE, Status.CREATED)
    assert late.judgment
    assert late.judgment.kind == Kind.LATE
    assert counted(item) == [("library-reviewer", 0)]


def test_an_answer_without_a_lease_takes_no_slot_that_someone_holds(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    [early] = record(cast.project, cast.annotator, grade(item, 1))
    assert early.status is Status.LATE
    record(cast.project, cast.reviewer, skip(item))
    [again] = record(cast.project, cast.annotator, grade(item, 0))
    assert again.status is Status.CREATED
    assert counted(item) == [("library-annotator", 0)]


def test_a_closed_project_keeps_what_was_leased_and_loses_nothing(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 3)
    done = grade(queue[0], 1)
    record(cast.project, cast.annotator, done)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    project_update(project=cast.project, closed_at=timezone.now())
    answers = (
        grade(queue[1], 1),
        grade(queue[2], 1),
        grade(queue[0], 0),
        withdraw(done.id),
    )
    results = record(cast.project, cast.annotator, *answers)
    assert [row.status for row in results] == [
        Status.CREATED,
        Status.LATE,
        Status.CLOSED,
        Status.CLOSED,
    ]


def test_an_answer_to_an_edited_passage_is_history(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    reword_passage(item.passage, "Other words.")
    [stale] = record(cast.project, cast.annotator, grade(item, 1, revision=1))
    assert stale.status is Status.LATE
    assert stale.judgment
    assert (stale.judgment.current, stale.judgment.passage_revision) == (False, 1)
    [fresh] = record(cast.project, cast.annotator, grade(item, 0, revision=2))
    assert fresh.status is Status.CREATED


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"grade": 7}, "There is no grade 7 in this project; it has 0, 1."),
        ({}, "exactly one"),
        ({"grade": 1, "skip": ""}, "exactly one"),
        ({"grade": 1, "seconds": -1.0}, "seconds"),
        ({"grade": 1, "seconds": float("nan")}, "seconds"),
        ({"grade": 1, "comment": "x" * 10_001}, "at most 10000"),
        ({"grade": 1, "evidence": ((0, 9999),)}, "Evidence"),
        ({"grade": 1, "evidence": ((3, 3),)}, "Evidence"),
        ({"grade": 1, "revision": 2}, "no revision 2"),
    ],
)
def test_a_wrong_answer_is_refused_alone(cast: Cast, fields: dict[str, Any], message: str) -> None:
    queue = make_queue(cast.project)
    wrong = Answer(id=uuid.uuid4(), candidate=queue[0].pk, **fields)
    bad, good = record(cast.project, cast.annotator, wrong, grade(queue[1], 1))
    assert (bad.status, good.status) == (Status.INVALID, Status.CREATED)
    assert message in bad.message
    assert Judgment.objects.count() == 1


def test_a_candidate_that_is_not_there_is_refused(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    gone = item.pk
    item.delete()
    [result] = record(cast.project, cast.annotator, grade(gone, 1))
    assert (result.status, result.message) == (
        Status.INVALID,
        "There is no such candidate in this project.",
    )


def test_the_database_refuses_a_judgment_beyond_the_overlap(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    make_judgment(item, cast.annotator, 1)
    with pytest.raises(IntegrityError, match="judgment_slot_once"), transaction.atomic():
        make_judgment(item, cast.reviewer, 1)
    with pytest.raises(IntegrityError, match="beyond the overlap"), transaction.atomic():
        make_judgment(item, cast.reviewer, 1, slot=2)


def test_the_database_counts_slots_above_a_lowered_overlap(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    project_update(project=cast.project, overlap=2)
    make_judgment(item, cast.annotator, 1, slot=2)
    project_update(project=cast.project, overlap=1)
    with pytest.raises(IntegrityError, match="has its 1 judgments"), transaction.atomic():
        make_judgment(item, cast.reviewer, 1, slot=1)


def test_the_database_keeps_whether_a_candidate_is_wanted(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    wanted = Candidate.objects.filter(pk=item.pk, wanted=True)
    row = make_judgment(item, cast.annotator, 1)
    assert not wanted.exists()
    record(cast.project, cast.annotator, withdraw(row.pk))
    assert wanted.exists()
    make_judgment(item, cast.annotator, 1)
    assert not wanted.exists()


def test_the_database_refuses_to_rewrite_a_judgment(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    row = make_judgment(item, cast.annotator, 1)
    rows = Judgment.objects.filter(pk=row.pk)
    zero = cast.project.grades.get(value=0)
    for change in ({"grade": zero}, {"person": cast.reviewer}, {"comment": "x"}):
        with pytest.raises(DatabaseError, match="cannot be rewritten"), transaction.atomic():
            rows.update(**change)
    record(cast.project, cast.annotator, withdraw(row.pk))
    with pytest.raises(DatabaseError, match="cannot become current again"), transaction.atomic():
        rows.update(current=True)


def test_the_database_lets_an_answer_be_replaced_only_once(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    row = make_judgment(item, cast.annotator, 1)
    Judgment.objects.filter(pk=row.pk).update(current=False)
    fields = {
        "project": cast.project,
        "candidate": item,
        "person": cast.annotator,
        "kind": Kind.COUNTED,
        "action": Action.WITHDRAW,
        "replaces": row,
        "current": False,
    }
    Judgment.objects.create(id=uuid.uuid4(), **fields)
    with pytest.raises(IntegrityError, match="judgment_replaced_once"), transaction.atomic():
        Judgment.objects.create(id=uuid.uuid4(), **fields)


def test_an_answer_to_a_project_that_is_deleted_meanwhile_finds_nothing(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    project = Project.objects.get(pk=cast.project.pk)
    project_delete(project=cast.project)
    with pytest.raises(Http404):
        record(project, cast.annotator, grade(item, 1))
