"""A gold candidate is a check once for each person, and what they say of it first counts."""

from collections import Counter

import pytest
from django.test import Client

from accounts.models import Project, User
from annotate.agreement.consistency import Share
from annotate.models import Candidate, Judgment, Kind, Lease, Purpose
from annotate.selectors.judges import project_judges
from annotate.services.leasing import tasks_lease
from tests.annotate.checks import make_gold, set_queue, work
from tests.annotate.judging import grade, record, withdraw
from tests.factory import Cast, bearer, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/queue/"
PAGE = "/projects/library/queue/"


@pytest.fixture
def queue(cast: Cast) -> list[Candidate]:
    """Forty candidates, the last four of them gold, which are a third of what people get."""
    rows = make_queue(cast.project, queries=8, passages=5)
    make_gold(cast.manager, *rows[36:])
    set_queue(cast.project, gold_rate=0.33, repeat_after=2, seed=7)
    return rows


def checked(leases: list[Lease]) -> Counter[int]:
    return Counter(lease.candidate_id for lease in leases if lease.purpose == Purpose.CHECK)


def accuracy(project: Project, person: User) -> Share:
    return next(row.gold for row in project_judges(project) if row.username == person.username)


def until_a_check(cast: Cast) -> int:
    """Judge until an item is a check, and return its candidate; that one is in hand."""
    for _ in range(40):
        [lease] = tasks_lease(project=cast.project, person=cast.annotator, count=1)
        if lease.purpose == Purpose.CHECK:
            return lease.candidate_id
        record(cast.project, cast.annotator, grade(lease.candidate_id, 1))
    raise AssertionError("no check came")


def test_it_comes_once_and_then_what_counts_comes_instead(
    cast: Cast, queue: list[Candidate]
) -> None:
    judged = work(cast.project, cast.annotator, 60)
    assert checked(judged) == dict.fromkeys((row.pk for row in queue[36:]), 1)
    assert len(judged) == 44  # each candidate, and four checks
    other = work(cast.project, cast.reviewer, 60)
    assert other == []  # nothing is left that counts


def test_where_managers_say_so_it_comes_again(cast: Cast, queue: list[Candidate]) -> None:
    set_queue(cast.project, gold_again=True)
    assert max(checked(work(cast.project, cast.annotator, 60)).values()) > 1


def test_another_gold_grade_is_checked_anew(cast: Cast, queue: list[Candidate]) -> None:
    first = until_a_check(cast)
    record(cast.project, cast.annotator, grade(first, 1))
    make_gold(cast.manager, Candidate.objects.get(pk=first), grade=0)
    assert accuracy(cast.project, cast.annotator).n == 0  # of the grade that holds
    judged = work(cast.project, cast.annotator, 60)
    assert checked(judged)[first] == 1
    assert accuracy(cast.project, cast.annotator) == Share(3, 4)


def test_accuracy_counts_the_first_answer(cast: Cast, queue: list[Candidate]) -> None:
    set_queue(cast.project, gold_again=True)
    work(cast.project, cast.annotator, 20, value=0)
    wrong = accuracy(cast.project, cast.annotator)
    assert (wrong.hits, wrong.n) == (0, Judgment.objects.filter(kind=Kind.CHECK).values(
        "candidate").distinct().count())  # fmt: skip
    judged = work(cast.project, cast.annotator, 60, value=1)  # as long as there is anything
    again = [key for key in checked(judged) if Judgment.objects.filter(
        candidate=key, kind=Kind.CHECK, grade__value=0).exists()]  # fmt: skip
    assert again
    later = accuracy(cast.project, cast.annotator)
    assert later.n - later.hits == wrong.n


def test_what_was_taken_back_is_no_answer(cast: Cast, queue: list[Candidate]) -> None:
    gold = until_a_check(cast)
    record(cast.project, cast.annotator, slip := grade(gold, 0))
    assert accuracy(cast.project, cast.annotator) == Share(0, 1)
    record(cast.project, cast.annotator, withdraw(slip.id))
    assert accuracy(cast.project, cast.annotator).n == 0
    record(cast.project, cast.annotator, grade(gold, 1))
    assert accuracy(cast.project, cast.annotator) == Share(1, 1)
    record(cast.project, cast.annotator, grade(gold, 0))  # a second thought
    assert accuracy(cast.project, cast.annotator) == Share(1, 1)


def test_managers_read_how_long_the_gold_lasts(
    client: Client, cast: Cast, queue: list[Candidate]
) -> None:
    set_queue(cast.project, gold_rate=0.1)
    assert client.get(API, **bearer(cast.manager)).json()["gold_lasts"] == 40
    client.force_login(cast.manager)
    page = client.get(PAGE).content.decode()
    said = "4 gold candidates at 10 % last for about 40 items of one person"
    assert said in page
    assert "after that only what counts comes" in page
    body = {"gold_again": True}
    answer = client.patch(API, body, content_type="application/json", **bearer(cast.manager))
    assert answer.json()["gold_again"] is True
    assert "after that they come again" in client.get(PAGE).content.decode()
    set_queue(cast.project, gold_rate=0)
    assert client.get(API, **bearer(cast.manager)).json()["gold_lasts"] is None
    assert "last for about" not in client.get(PAGE).content.decode()
