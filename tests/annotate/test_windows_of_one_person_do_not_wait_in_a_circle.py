"""One person compares pairs in several windows at once: each call is answered, nothing is lost."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from accounts.services import project_update
from annotate.models import Pair, PairLease, PairScheme, Preference, PreferenceAction
from annotate.services.answers import Status
from annotate.services.pair_leasing import pairs_give_back
from annotate.services.preference_answers import PairAnswer
from tests.annotate.pairing import compare, leased, make_pairs, prefer, tie, withdraw
from tests.annotate.test_annotators_hammer_the_queue_together import together
from tests.factory import Cast

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12
T = TypeVar("T")


def circles(connections: int = 0) -> tuple[int, int]:
    """Return how many transactions the database has ended because they waited in a circle, and how
    many connections it has; it counts what a connection did at its end.

    Waits where there are more connections than are named, if any are.
    """
    until = time.monotonic() + 20
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT deadlocks, numbackends FROM pg_stat_database"
                " WHERE datname = current_database()"
            )
            ended, now = cursor.fetchone()
        if not connections or now <= connections or time.monotonic() > until:
            return ended, now
        time.sleep(0.05)


def test_windows_lease_answer_and_undo_in_opposite_orders(cast: Cast) -> None:
    project_update(project=cast.project, overlap=2)
    pairs = make_pairs(cast.project, queries=4, passages=6, scheme=PairScheme.ALL)
    (before, connections), done = circles(), threading.Event()
    said: list[uuid.UUID] = []
    undone: list[uuid.UUID] = []

    def lease(seed: int) -> Counter[Status]:
        chance = random.Random(seed)
        while not done.is_set():
            leased(cast.project, cast.annotator, 50)
            if chance.random() < 0.1:
                pairs_give_back(project=cast.project, person=cast.annotator)
        return Counter()

    def answer(order: Callable[[list[PairAnswer]], None]) -> Counter[Status]:
        seen = Counter[Status]()
        for _ in range(ROUNDS):
            rows = leased(cast.project, cast.annotator, 50)
            answers = [tie(row.pair) for row in rows]
            order(answers)
            said.extend(row.id for row in answers)
            results = compare(cast.project, cast.annotator, *answers)
            seen.update(row.status for row in results)
            undos = [withdraw(row.id) for row in answers]
            for undo in compare(cast.project, cast.annotator, *undos):
                # What the other window has answered again meanwhile holds no longer.
                assert undo.status in (Status.CREATED, Status.INVALID)
                if undo.status is Status.CREATED:
                    undone.append(undo.id)
        return seen

    def answer_all() -> Counter[Status]:
        try:
            orders = (list[PairAnswer].reverse, random.Random(2).shuffle)
            seen = together(*(lambda order=order: answer(order) for order in orders))
            return sum(seen, Counter())
        finally:
            done.set()

    *_, seen = together(lambda: lease(0), lambda: lease(1), answer_all)
    assert circles(connections)[0] == before
    assert set(seen) == {Status.CREATED}
    assert seen.total() == len(said)
    undos = Preference.objects.filter(action=PreferenceAction.WITHDRAW)
    assert set(undos.values_list("pk", flat=True)) == set(undone)
    stored = Preference.objects.exclude(action=PreferenceAction.WITHDRAW)
    assert set(stored.values_list("pk", flat=True)) == set(said)
    assert len(said) > len(pairs)  # what was undone came again
    # All that is open can still be had and answered.
    rest = [tie(row.pair) for row in leased(cast.project, cast.annotator, 100)]
    compare(cast.project, cast.annotator, *rest)
    assert Preference.objects.counted().count() == len(pairs) == 60
    assert not PairLease.objects.exists()


def in_a_circle(call: Callable[[], T], has: QuerySet[Any], wants: QuerySet[Any]) -> T:
    """Let `call` wait for `has` while this transaction waits for `wants`, which `call` holds."""

    def wait() -> None:
        while not waiting():
            time.sleep(0.01)
        # Where the machine is so slow that this began too late, it is this one that is ended.
        with suppress(OperationalError):
            list(wants.select_for_update())

    before, connections = circles()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            list(has.select_for_update())
            result = pool.submit(closing, call)
            wait()
        value = result.result(30)
    assert circles(connections)[0] == before + 1
    return value


def closing(call: Callable[[], T]) -> T:
    try:
        return call()
    finally:
        connection.close()


def waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def test_an_answer_that_is_ended_for_a_circle_is_recorded_all_the_same(cast: Cast) -> None:
    [pair, *_] = make_pairs(cast.project)
    [held] = leased(cast.project, cast.annotator)
    [result] = in_a_circle(
        lambda: compare(cast.project, cast.annotator, prefer(held.pair)),
        PairLease.objects.filter(pk=held.pk),
        Pair.objects.filter(pk=held.pair_id),
    )
    assert result.status is Status.CREATED
    assert Preference.objects.counted().get().pair == held.pair == pair


def test_a_lease_that_is_ended_for_a_circle_is_given_all_the_same(cast: Cast) -> None:
    make_pairs(cast.project, passages=5)
    held = [row.pk for row in leased(cast.project, cast.annotator, 3)]
    again = in_a_circle(
        lambda: leased(cast.project, cast.annotator, 3),
        PairLease.objects.filter(pk=max(held)),
        PairLease.objects.filter(pk=min(held)),
    )
    assert [row.pk for row in again] == held
