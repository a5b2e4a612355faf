"""Real threads on real connections: exact counts, no duplicate, nobody starves."""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from django.db.models import Count

from accounts.models import User
from accounts.services import project_update
from annotate.models import Action, Candidate, Judgment, Kind, Lease
from annotate.services.answers import Answer, Status
from annotate.services.judging import judgments_record
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import grade, withdraw
from tests.factory import Cast, make_annotator, make_queue

T = TypeVar("T")


def together(*calls: Callable[[], T]) -> list[T]:
    """Run the calls at once, each on a connection of its own."""

    def run(call: Callable[[], T]) -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def judge_until_nothing_is_open(cast: Cast, person: User, seed: int) -> Counter[Status]:
    """Judge as a person would: some skips, some undos, some repeats, batches of several sizes."""
    chance, seen = random.Random(seed), Counter[Status]()
    for _ in range(500):
        leases = tasks_lease(project=cast.project, person=person, count=chance.randint(1, 4))
        if not leases:
            return seen
        answers = [grade(lease.candidate_id, chance.randint(0, 1)) for lease in leases]
        if chance.random() < 0.2:
            answers.append(withdraw(answers[-1].id))
        if chance.random() < 0.2:
            answers.append(answers[0])
        results = judgments_record(project=cast.project, person=person, answers=answers)
        seen.update(result.status for result in results)
    raise AssertionError("the queue never ended")


@pytest.mark.django_db(transaction=True)
def test_8_annotators_fill_60_candidates_exactly_twice(cast: Cast) -> None:
    queue = make_queue(cast.project, 6, 10)
    project_update(project=cast.project, overlap=2)
    people = [make_annotator(cast.project, f"judge-{number}") for number in range(8)]
    seen = together(
        *(
            lambda person=person, seed=seed: judge_until_nothing_is_open(cast, person, seed)
            for seed, person in enumerate(people)
        )
    )
    statuses = sum(seen, Counter())
    assert set(statuses) <= {Status.CREATED, Status.REPEATED}  # nobody lost a slot: none is late
    slots = Judgment.objects.counted().values("candidate").annotate(n=Count("pk"))
    assert {row["n"] for row in slots} == {2}
    assert len(slots) == len(queue)
    pairs = Judgment.objects.counted().values_list("candidate", "person")
    assert len(set(pairs)) == len(pairs) == 120
    assert not Lease.objects.exists()
    assert not Candidate.objects.filter(wanted=True).exists()
    assert all(Judgment.objects.filter(person=person).exists() for person in people)


@pytest.mark.django_db(transaction=True)
def test_one_slot_and_8_answers_without_a_lease_count_once(cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    people = [make_annotator(cast.project, f"judge-{number}") for number in range(8)]
    results = together(
        *(
            lambda person=person: judgments_record(
                project=cast.project, person=person, answers=[grade(item, 1)]
            )
            for person in people
        )
    )
    statuses = Counter(result.status for [result] in results)
    assert statuses == {Status.CREATED: 1, Status.LATE: 7}
    assert Judgment.objects.counted().count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_id_sent_8_times_at_once_is_stored_once(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    shared = uuid.uuid4()
    answers = [Answer(id=shared, candidate=queue[i % 2].pk, grade=1) for i in range(8)]
    results = together(
        *(
            lambda answer=answer: judgments_record(
                project=cast.project, person=cast.annotator, answers=[answer]
            )
            for answer in answers
        )
    )
    statuses = Counter(result.status for [result] in results)
    assert statuses == {Status.CREATED: 1, Status.REPEATED: 3, Status.CONFLICT: 4}
    assert Judgment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_changing_the_overlap_meanwhile_leaves_the_queue_right(cast: Cast) -> None:
    queue = [row.pk for row in make_queue(cast.project, 4, 10)]
    people = [make_annotator(cast.project, f"judge-{number}") for number in range(3)]

    def change() -> Counter[Status]:
        for overlap in (2, 1, 3, 1, 2, 3):
            project_update(project=type(cast.project).objects.get(), overlap=overlap)
        return Counter()

    type(cast.project).objects.exclude(pk=cast.project.pk).delete()
    together(
        change,
        *(
            lambda person=person: judge_until_nothing_is_open(cast, person, person.pk)
            for person in people
        ),
    )
    for candidate in Candidate.objects.annotate(n=Count("judgments__slot", distinct=True)):
        number = Judgment.objects.counted().filter(candidate=candidate).count()
        assert number <= 3
        assert candidate.wanted == (number < 3)
    cast.project.refresh_from_db()  # as each call of theirs loads it
    # The last change was to 3: whoever goes on leaves nothing that is open to them. An answer that
    # came while the overlap was lower and full is kept as late; every other one holds a slot.
    together(
        *(
            lambda person=person: judge_until_nothing_is_open(cast, person, -person.pk)
            for person in people
        )
    )
    answers = Judgment.objects.current_grades()
    late = answers.filter(kind=Kind.LATE).values_list("candidate", "person")
    held = answers.counted().values_list("candidate", "person", "slot")
    given = [*late, *((candidate, person) for candidate, person, _ in held)]
    skipped = Judgment.objects.filter(current=True, action=Action.SKIP)
    given += skipped.values_list("candidate", "person")
    assert sorted(given) == sorted(
        (candidate, person.pk) for candidate in queue for person in people
    )
    for row in Candidate.objects.all():
        slots = [slot for pk, _, slot in held if pk == row.pk]
        assert len(slots) == len(set(slots)) <= 3
        assert set(slots) <= {1, 2, 3}
        assert row.wanted == (len(slots) < 3)
    assert not Lease.objects.exists()
