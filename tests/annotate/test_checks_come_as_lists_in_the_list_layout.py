"""Who judges whole queries gets checks and repeats at the set rates, too: as lists of one query."""

from collections import Counter, defaultdict

import pytest

from accounts.models import User
from annotate.models import Judgment, Kind, Lease, Purpose, Turn
from annotate.services.sittings import queries_lease
from annotate.turns import turn_draw
from tests.annotate.checks import make_gold, set_queue
from tests.annotate.judging import grade, record
from tests.factory import Cast, make_annotator, make_queue

pytestmark = pytest.mark.django_db


def drawn_evenly(cast: Cast, rate: float, items: int) -> User:
    """Return a judge of whose first items about as many are drawn as the rate says.

    Draws follow from the keys of project and person, which are others in every run of the tests.
    """
    for number in range(100):
        person = make_annotator(cast.project, f"judge-{number}")
        places = range(1, items + 1)
        draws = [turn_draw(cast.project.pk, 0, person.pk, place) < rate for place in places]
        if abs(sum(draws) / items - rate) < 0.02:
            return person
    raise AssertionError("draws are far from their rate for everybody")


def sitting(cast: Cast, lists: int, person: User | None = None) -> list[list[Lease]]:
    """Judge so many lists as the page does, which holds a query and the next."""
    person = person or cast.annotator
    served = []
    for _ in range(lists):
        held = queries_lease(project=cast.project, person=person, queries=2)
        if not held:
            break
        first = [each for each in held if each.candidate.query_id == held[0].candidate.query_id]
        record(cast.project, person, *(grade(each.candidate_id, 1) for each in first))
        served.append(first)
    return served


def test_gold_comes_as_lists_at_its_rate(cast: Cast) -> None:
    rows = make_queue(cast.project, queries=60, passages=6)
    make_gold(cast.manager, *rows[180:])
    set_queue(cast.project, gold_rate=0.2, strategy="query")
    lists = sitting(cast, 30, drawn_evenly(cast, 0.2, 180))
    purposes = Counter(lease.purpose for each in lists for lease in each)
    assert 0.1 < purposes[Purpose.CHECK] / purposes.total() < 0.3, purposes
    checked = [each for each in lists if Purpose.CHECK in {lease.purpose for lease in each}]
    assert len(checked) >= 3
    assert all(len(each) >= 3 for each in checked), "a list of one would tell"
    assert Judgment.objects.filter(kind=Kind.CHECK).count() == purposes[Purpose.CHECK]
    assert not Judgment.objects.filter(kind=Kind.CHECK, slot__isnull=False).exists()


def test_repeats_come_as_lists_and_no_pair_twice(cast: Cast) -> None:
    make_queue(cast.project, queries=60, passages=6)
    set_queue(cast.project, repeat_rate=0.25, repeat_after=20, strategy="query")
    lists = sitting(cast, 30, drawn_evenly(cast, 0.25, 180))
    again: dict[int, int] = defaultdict(int)
    for each in lists:
        for lease in each:
            again[lease.candidate_id] += lease.purpose == Purpose.REPEAT
    number = sum(again.values())
    assert 0.1 < number / sum(map(len, lists)) < 0.35
    assert max(again.values()) == 1
    assert Judgment.objects.filter(kind=Kind.REPEAT).count() == number


def test_what_cannot_be_had_is_owed_no_longer(cast: Cast) -> None:
    make_queue(cast.project, queries=20, passages=6)
    set_queue(cast.project, gold_rate=0.5)
    lists = sitting(cast, 25)
    assert sum(map(len, lists)) == 120
    assert {lease.purpose for each in lists for lease in each} == {Purpose.COUNTED}
    assert Turn.objects.get(person=cast.annotator).checks_owed < 20
