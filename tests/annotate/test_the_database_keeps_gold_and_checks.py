"""What the database refuses of gold candidates, checks, repeats and their leases."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.services import project_delete
from annotate.models import Action, Candidate, Gold, Judgment, Kind, Lease, Purpose, Queue
from tests.annotate.checks import make_gold
from tests.factory import Cast, make_cast, make_judgment, make_queue

pytestmark = pytest.mark.django_db


def refused(message: str, call: Any, *args: Any, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        call(*args, **fields)


def answer(row: Candidate, cast: Cast, kind: Kind, **fields: Any) -> Judgment:
    given = {"grade": cast.project.grades.get(value=1), "action": Action.GRADE, **fields}
    return Judgment.objects.create(
        id=uuid.uuid4(), project=cast.project, candidate=row, person=cast.annotator, kind=kind,
        **given,
    )  # fmt: skip


def test_a_check_is_of_gold_and_a_repeat_of_an_own_grade(cast: Cast) -> None:
    gold, own, other = make_queue(cast.project, 1, 3)
    make_gold(cast.manager, gold)
    make_judgment(own, cast.annotator, 1)
    make_judgment(other, cast.reviewer, 1)
    refused("was never gold", answer, own, cast, Kind.CHECK)
    refused("never graded", answer, other, cast, Kind.REPEAT)
    refused("counted_fills_a_slot", answer, gold, cast, Kind.CHECK, slot=1)
    answer(gold, cast, Kind.CHECK)
    answer(own, cast, Kind.REPEAT)
    refused("judgment_check_once_per_person", answer, gold, cast, Kind.CHECK)
    refused("judgment_check_once_per_person", answer, own, cast, Kind.REPEAT)
    given = {"person": cast.annotator, "expires_at": Now()}
    lease = Lease.objects.create
    refused("was never gold", lease, candidate=own, purpose=Purpose.CHECK, **given)
    refused("never graded", lease, candidate=other, purpose=Purpose.REPEAT, **given)
    refused("holds_a_slot", lease, candidate=gold, purpose=Purpose.CHECK, slot=1, **given)
    refused("holds_a_slot", lease, candidate=gold, purpose=Purpose.COUNTED, **given)


def test_gold_is_history_of_one_project(cast: Cast) -> None:
    [row] = make_queue(cast.project, 1, 1)
    other = make_cast("archive")
    make_gold(cast.manager, row)
    gold = Gold.objects.filter(candidate=row)
    grades = cast.project.grades
    refused("gold_once", make_twice, row, cast)
    refused("is history", gold.update, grade=grades.get(value=0))
    refused("is history", gold.update, explanation="other")
    refused("never deleted alone", gold.delete)
    refused("keeps its value", grades.filter(value=1).update, value=5)
    stray = {"project": cast.project, "candidate": row, "grade": other.project.grades.get(value=1)}
    gold.update(removed_at=Now(), removed_by=cast.manager)
    refused("of its candidate's project", Gold.objects.create, **stray)
    refused("is history", gold.update, removed_at=None)
    refused("is history", gold.update, removed_at=Now())
    cast.manager.memberships.all().delete()
    cast.manager.delete()  # who set it may leave the installation
    assert gold.get().set_by is None
    project_delete(project=cast.project)
    assert not gold.exists()


def make_twice(row: Candidate, cast: Cast) -> None:
    grade = cast.project.grades.get(value=0)
    Gold.objects.create(project=cast.project, candidate=row, grade=grade)


def test_rates_leave_half_to_what_counts(cast: Cast) -> None:
    queue = Queue.objects.create(project=cast.project)
    rows = Queue.objects.filter(pk=queue.pk)
    refused("queue_rates_leave_half", rows.update, gold_rate=0.3, repeat_rate=0.3)
    refused("queue_rates_leave_half", rows.update, gold_rate=-0.1)
    refused("queue_repeat_is_never_next", rows.update, repeat_after=0)
    refused("queue_strategy_known", rows.update, strategy="best")
