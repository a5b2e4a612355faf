"""Who judges whole queries gets checks and repeats at the set rates, too: as lists of one query."""

from collections import Counter, defaultdict

import pytest

from annotate.models import Judgment, Kind, Lease, Purpose, Turn
from annotate.services.sittings import queries_lease
from tests.annotate.checks import make_gold, set_queue
from tests.annotate.judging import grade, record
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db


def sitting(cast: Cast, lists: int) -> list[list[Lease]]:
    """Judge so many lists as the page does, which holds a query and the next."""
    served = []
    for _ in range(lists):
        held = queries_lease(project=cast.project, person=cast.annotator, queries=2)
        if not held:
            break
        first = [each for each in held if each.candidate.query_id == held[0].candidate.query_id]
        record(cast.project, cast.annotator, *(grade(each.candidate_id, 1) for each in first))
        served.append(first)
    return served


def test_gold_comes_as_lists_at_its_rate(cast: Cast) -> None:
    rows = make_queue(cast.project, queries=60, passages=6)
    make_gold(cast.manager, *rows[180:])
    set_queue(cast.project, gold_rate=0.2, strategy="query")
    lists = sitting(cast, 30)
    purposes = Counter(lease.purpose for each in lists for lease in each)
    # 36 of 180 on average, give or take 5.4, in lists of six: within four and a half of these.
    assert 0.03 < purposes[Purpose.CHECK] / purposes.total() < 0.37, purposes
    checked = [each for each in lists if Purpose.CHECK in {lease.purpose for lease in each}]
    assert checked
    assert all(len(each) >= 3 for each in checked), "a list of one would tell"
    assert Judgment.objects.filter(kind=Kind.CHECK).count() == purposes[Purpose.CHECK]
    assert not Judgment.objects.filter(kind=Kind.CHECK, slot__isnull=False).exists()


def test_repeats_come_as_lists_and_no_pair_twice(cast: Cast) -> None:
    make_queue(cast.project, queries=60, passages=6)
    set_queue(cast.project, repeat_rate=0.25, repeat_after=20, strategy="query")
    lists = sitting(cast, 30)
    again: dict[int, int] = defaultdict(int)
    for each in lists:
        for lease in each:
            again[lease.candidate_id] += lease.purpose == Purpose.REPEAT
    number = sum(again.values())
    assert 0.04 < number / sum(map(len, lists)) < 0.4
    assert max(again.values()) == 1
    assert Judgment.objects.filter(kind=Kind.REPEAT).count() == number


def test_what_cannot_be_had_is_owed_no_longer(cast: Cast) -> None:
    make_queue(cast.project, queries=20, passages=6)
    set_queue(cast.project, gold_rate=0.5)
    lists = sitting(cast, 25)
    assert sum(map(len, lists)) == 120
    assert {lease.purpose for each in lists for lease in each} == {Purpose.COUNTED}
    assert Turn.objects.get(person=cast.annotator).checks_owed < 20
