"""Gold candidates and own pairs come at their rates, fill no slot, and look like the rest."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from annotate.models import Candidate, Judgment, Kind, Lease, Purpose, Turn
from annotate.selectors import judging
from annotate.selectors.judging import answers_latest, answers_tally, remaining_for
from annotate.services.answers import Status
from annotate.services.golding import gold_remove
from annotate.services.leasing import leases_expire, tasks_lease
from annotate.turns import turn_draw
from tests.annotate.checks import make_gold, set_queue, work
from tests.annotate.judging import grade, record, reword_passage, withdraw
from tests.factory import Cast, bearer, make_judgment, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/"


def purposes(leases: list[Lease]) -> Counter[str]:
    return Counter(lease.purpose for lease in leases)


def send(client: Client, path: str, body: object, **headers: Any) -> Any:
    return client.post(f"{API}{path}", body, content_type="application/json", **headers).json()


def test_the_database_draws_what_the_code_draws(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotate_turn_draw(3, 7, 11, n) FROM generate_series(0, 99) n")
        drawn = [row[0] for row in cursor.fetchall()]
    assert drawn == [turn_draw(3, 7, 11, number) for number in range(100)]
    rate = sum(turn_draw(1, 0, 5, number) < 0.1 for number in range(20_000)) / 20_000
    assert rate == pytest.approx(0.1, abs=0.01)


def test_checks_are_mixed_in_by_their_rate_and_fill_no_slot(cast: Cast) -> None:
    queue = make_queue(cast.project, 8, 5)
    make_gold(cast.manager, *queue[20:40])
    set_queue(cast.project, gold_rate=0.3)
    judged = work(cast.project, cast.annotator, 45)
    due = [
        turn_draw(cast.project.pk, 0, cast.annotator.pk, number) < 0.3
        for number in range(1, len(judged) + 1)
    ]
    got = [lease.purpose == Purpose.CHECK for lease in judged]
    assert got[:25] == due[:25]  # later on, gold candidates are used up
    assert any(got)
    checks = Judgment.objects.filter(kind=Kind.CHECK)
    assert checks.count() == got.count(True)
    assert not checks.filter(slot__isnull=False).exists()
    assert len(set(checks.values_list("candidate", flat=True))) == checks.count()
    assert Judgment.objects.counted().count() == got.count(False)
    assert Candidate.objects.filter(wanted=True).count() == 40 - got.count(False)


@pytest.fixture
def uncorrected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no hour end within a test."""
    begun = timezone.now()
    monkeypatch.setattr(judging, "hour_begun", lambda: begun)


@pytest.mark.usefixtures("uncorrected")
def test_nobody_can_tell_a_check_from_the_answers_of_the_api(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project, 8, 5)
    make_gold(cast.manager, *queue[20:])
    set_queue(cast.project, gold_rate=0.5)
    headers = bearer(cast.annotator)
    left, shapes, kinds = [], set(), set()
    for _ in range(18):
        body = send(client, "tasks/lease/", {"count": 1}, **headers)
        [item] = body["items"]
        left.append(body["remaining"])
        shapes.add((*item, *item["passage"], *item["query"]))
        answer = {"id": str(Turn.objects.get().pk).zfill(32), "candidate": item["candidate"]}
        answer["id"] = f"{len(left):032x}"
        [result] = send(client, "judgments/", {"judgments": [{**answer, "grade": 1}]}, **headers)[
            "results"
        ]
        kinds.add((result["status"], result["kind"], *result))
    assert Judgment.objects.filter(kind=Kind.CHECK).exists(), (cast.project.pk, cast.annotator.pk)
    assert len(shapes) == len(kinds) == 1
    assert left == list(range(left[0], left[0] - 18, -1))  # falls by one, whatever it was
    assert answers_tally(cast.project, cast.annotator).answered == 18


@pytest.mark.usefixtures("uncorrected")
def test_what_is_open_is_counted_alike_above_and_below_the_bound(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make_queue(cast.project, 8, 5)
    make_gold(cast.manager, *queue[20:])
    set_queue(cast.project, gold_rate=0.4, repeat_rate=0.1, repeat_after=5, seed=7)
    monkeypatch.setattr(judging, "COUNTED_EXACTLY", 30)
    left = []
    for _ in range(20):
        cache.clear()  # as after 30 seconds
        left.append(remaining_for(cast.project, cast.annotator))
        work(cast.project, cast.annotator, 1)
    assert left == list(range(40, 20, -1))
    assert Judgment.objects.filter(kind=Kind.CHECK).exists()
    later = timezone.now()
    monkeypatch.setattr(judging, "hour_begun", lambda: later)
    cache.clear()
    assert remaining_for(cast.project, cast.annotator) == 40 - Judgment.objects.counted().count()


def test_what_a_check_took_off_is_given_back_at_the_full_hour_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = make_queue(cast.project, 8, 5)
    make_gold(cast.manager, *queue[20:])
    set_queue(cast.project, gold_rate=0.5)
    judged = work(cast.project, cast.annotator, 12)
    counted = sum(lease.purpose == Purpose.COUNTED for lease in judged)
    assert 0 < counted < 12
    answered = Judgment.objects.latest("created_at").created_at
    hour = answered.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    seen = []
    for moment in (answered, hour - timedelta(seconds=1), hour):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        cache.clear()
        seen.append(remaining_for(cast.project, cast.annotator))
    assert seen == [28, 28, 40 - counted]


def test_own_pairs_come_again_later_and_once(cast: Cast) -> None:
    make_queue(cast.project, 10, 5)
    set_queue(cast.project, repeat_rate=0.4, repeat_after=5)
    judged = work(cast.project, cast.annotator, 60)
    order = [lease.candidate_id for lease in judged]
    again = [at for at, lease in enumerate(judged) if lease.purpose == Purpose.REPEAT]
    assert again
    for at in again:
        assert at - order.index(order[at]) > 5
    assert max(Counter(order).values()) == 2
    assert Judgment.objects.filter(kind=Kind.REPEAT).count() == len(again)
    assert Judgment.objects.counted().count() == len(judged) - len(again)


def test_days_in_between_are_kept(cast: Cast) -> None:
    make_queue(cast.project, 4, 5)
    set_queue(cast.project, repeat_rate=0.5, repeat_after=2, repeat_days=3)
    assert set(purposes(work(cast.project, cast.annotator, 20))) == {Purpose.COUNTED}


def test_an_answer_to_a_repeat_is_no_correction_and_undo_gives_it_back(cast: Cast) -> None:
    make_queue(cast.project, 6, 5)
    set_queue(cast.project, repeat_rate=0.5, repeat_after=3)
    while True:
        [lease] = tasks_lease(project=cast.project, person=cast.annotator, count=1)
        if lease.purpose == Purpose.REPEAT:
            break
        record(cast.project, cast.annotator, grade(lease.candidate_id, 1))
    Lease.objects.update(expires_at=Now() - timedelta(days=1))
    assert leases_expire() == 0  # a night later it is still what it was
    answer = grade(lease.candidate_id, 0)
    [result] = record(cast.project, cast.annotator, answer)
    assert result.judgment is not None
    assert result.judgment.kind == Kind.REPEAT
    assert Judgment.objects.counted().filter(candidate=lease.candidate_id, grade__value=1).exists()
    assert answers_latest(cast.project, cast.annotator)[0] == result.judgment.pk
    # A second thought without a lease corrects the newest answer, which is the repeat.
    record(cast.project, cast.annotator, better := grade(lease.candidate_id, 1))
    assert Judgment.objects.get(pk=better.id).kind == Kind.REPEAT
    [undone] = record(cast.project, cast.annotator, withdraw(better.id))
    assert (undone.status, undone.leased) == (Status.CREATED, True)
    [back] = tasks_lease(project=cast.project, person=cast.annotator, count=1)
    assert (back.candidate_id, back.purpose) == (lease.candidate_id, Purpose.REPEAT)


def test_what_is_gold_no_longer_is_checked_no_longer(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 4)
    make_gold(cast.manager, queue[3])
    Lease.objects.create(
        candidate=queue[3], person=cast.annotator, purpose=Purpose.CHECK,
        expires_at=Now() + timedelta(hours=1),
    )  # fmt: skip
    assert gold_remove(project=cast.project, candidate=queue[3].pk, by=cast.manager)
    leases = tasks_lease(project=cast.project, person=cast.annotator, count=9)
    assert [row.candidate_id for row in leases] == [row.pk for row in queue]
    assert purposes(leases) == {Purpose.COUNTED: 4}


def test_checks_are_never_all_there_is(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 6)
    make_gold(cast.manager, *queue)
    set_queue(cast.project, gold_rate=0.5)
    for row in queue:
        make_judgment(row, cast.reviewer, 1)
    assert tasks_lease(project=cast.project, person=cast.annotator, count=9) == []
    assert remaining_for(cast.project, cast.annotator) == 0


def test_a_pair_with_a_new_wording_does_not_come_again(cast: Cast) -> None:
    queue = make_queue(cast.project, 2, 3)
    record(cast.project, cast.annotator, *(grade(row, 1) for row in queue[:3]))
    for row in queue[:3]:
        reword_passage(row.passage, f"Other words {row.pk}")
        Judgment.objects.filter(candidate=row).update(current=False)
    set_queue(cast.project, repeat_rate=0.5, repeat_after=1)
    assert set(purposes(work(cast.project, cast.annotator, 2))) == {Purpose.COUNTED}
