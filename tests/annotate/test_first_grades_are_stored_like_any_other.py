"""The short way for first grades of what is held stores what the long way would, or nothing."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db.models.functions import Now
from django.forms.models import model_to_dict

from accounts.services import project_update
from annotate.models import Candidate, Judgment, Lease, Purpose
from annotate.services.answers import Answer, Status
from annotate.services.first_grades import first_grades_record
from annotate.services.judging import _record, judgments_record
from annotate.services.leasing import tasks_lease
from tests.annotate.checks import make_gold
from tests.annotate.judging import reword_passage, reword_query, skip
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db
OWN = {"id", "candidate", "created_at"}


@pytest.fixture
def queue(cast: Cast) -> list[Candidate]:
    rows = make_queue(cast.project)
    tasks_lease(project=cast.project, person=cast.annotator, count=4)
    return rows


def answer(candidate: Candidate, **given: Any) -> Answer:
    return Answer(**{"id": uuid.uuid4(), "candidate": candidate.pk, "grade": 1, **given})


def short(cast: Cast, *answers: Answer) -> Any:
    return first_grades_record(project=cast.project, person=cast.annotator, answers=answers)


def stored(row: Judgment) -> dict[str, Any]:
    fresh = model_to_dict(Judgment.objects.get(pk=row.pk))
    return {name: value for name, value in fresh.items() if name not in OWN}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"grade": 0, "seconds": 2.5, "comment": "says “how”", "flagged": True},
        {"revision": 1, "query_revision": 1},
    ],
)
def test_both_ways_store_the_same(
    cast: Cast, queue: list[Candidate], given: dict[str, Any]
) -> None:
    fast, slow = answer(queue[0], **given), answer(queue[1], **given)
    [one] = short(cast, fast)
    [two] = _record(cast.project, cast.annotator, [slow])
    assert one.judgment is not None
    assert two.judgment is not None
    assert stored(one.judgment) == stored(two.judgment)
    assert (one.status, one.message, one.leased) == (two.status, two.message, two.leased)
    told = {name: value for name, value in model_to_dict(one.judgment).items() if name not in OWN}
    assert told == stored(one.judgment)
    assert one.judgment.kind_told == two.judgment.kind_told
    held = Lease.objects.filter(person=cast.annotator)
    assert {row.candidate_id for row in held} == {queue[2].pk, queue[3].pk}
    again = judgments_record(project=cast.project, person=cast.annotator, answers=[fast])
    assert again[0].status is Status.REPEATED


def test_a_batch_keeps_its_order(cast: Cast, queue: list[Candidate]) -> None:
    rows = [answer(queue[at]) for at in (2, 0, 1)]
    assert [each.id for each in short(cast, *rows)] == [each.id for each in rows]
    newest = Judgment.objects.order_by("created_at").values_list("pk", flat=True)
    assert list(newest) == [each.id for each in rows]


def expire(cast: Cast, _: Candidate) -> None:
    Lease.objects.update(expires_at=Now())


def check(cast: Cast, candidate: Candidate) -> None:
    make_gold(cast.manager, candidate)
    Lease.objects.filter(candidate=candidate).update(purpose=Purpose.CHECK, slot=None)


def reword(_: Cast, candidate: Candidate) -> None:
    reword_passage(candidate.passage, "Its new text.")


def ask_anew(_: Cast, candidate: Candidate) -> None:
    reword_query(candidate.query, "Its new words.")


def withdraw(_: Cast, candidate: Candidate) -> None:
    Candidate.objects.filter(pk=candidate.pk).update(withdrawn_at=Now())


def fill(cast: Cast, candidate: Candidate) -> None:
    """Somebody else's judgment has its slot."""
    Lease.objects.filter(candidate=candidate).update(slot=2)
    judgments_record(
        project=cast.project, person=cast.reviewer, answers=[answer(candidate, grade=0)]
    )
    Lease.objects.filter(candidate=candidate).update(slot=1)


@pytest.mark.parametrize("meanwhile", [expire, check, reword, ask_anew, withdraw])
def test_what_changed_meanwhile_goes_the_long_way(
    cast: Cast, queue: list[Candidate], meanwhile: Callable[[Cast, Candidate], None]
) -> None:
    meanwhile(cast, queue[0])
    given = answer(queue[0], revision=1, query_revision=1)
    assert short(cast, answer(queue[1]), given) is None
    assert not Judgment.objects.exists()  # nor is the other stored


def test_a_slot_that_is_filled_or_gone_goes_the_long_way(
    cast: Cast, queue: list[Candidate]
) -> None:
    project_update(project=cast.project, overlap=2)
    fill(cast, queue[0])
    assert short(cast, answer(queue[0])) is None
    Lease.objects.filter(candidate=queue[1]).update(slot=2)
    project_update(project=cast.project, overlap=1)
    assert short(cast, answer(queue[1])) is None


def test_other_answers_go_the_long_way(cast: Cast, queue: list[Candidate]) -> None:
    plain = answer(queue[0])
    others = [
        skip(queue[0]),
        replace(plain, evidence=((0, 3),)),
        replace(plain, grade=7),
        replace(plain, grade=1 << 40),
        replace(plain, revision=2),
        replace(plain, seconds=-1.0),
        replace(plain, seconds=float("nan")),
        replace(plain, comment="x" * 10_001),
        replace(plain, candidate=1 << 62),
        replace(plain, candidate=1 << 70),
        answer(queue[5]),  # not held
    ]
    for each in others:
        assert short(cast, each) is None, each
    assert short(cast, plain, answer(queue[0], grade=0)) is None  # two of one candidate
    assert short(cast) is None
    [one] = short(cast, plain)
    assert short(cast, plain) is None  # a repeat
    assert one.status is Status.CREATED
    assert short(cast, answer(queue[0], grade=0)) is None  # a second thought
