"""PostgreSQL ends one of two transactions that wait for each other; a lease is then asked again."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from accounts.locks import is_deadlock
from annotate.models import Lease
from annotate.services.leasing import tasks_lease
from tests.annotate.waiting import begun
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db(transaction=True)


def lease(cast: Cast) -> list[int]:
    rows = tasks_lease(project=cast.project, person=cast.annotator, count=3)
    return [row.candidate_id for row in rows]


def lease_in_transaction(cast: Cast) -> list[int]:
    with transaction.atomic():
        return lease(cast)


def ended(cast: Cast, call: Callable[[], list[int]]) -> Future[list[int]]:
    """Wait in a circle with a call until PostgreSQL ends the call, and not us.

    It ends whoever finds the circle, a second (deadlock_timeout) after they began to wait: most of
    the time the call, which began half a second earlier.
    """
    for _ in range(5):
        Lease.objects.update(expires_at=Now() + timedelta(seconds=5))  # so that it is renewed
        with ThreadPoolExecutor(1) as pool:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    Lease.objects.select_for_update().latest("candidate__position")
                    future = begun(pool, call)
                    cursor.execute("SELECT pg_sleep(0.5)")
                    cursor.execute(
                        "SELECT pg_advisory_xact_lock(hashtext('annotate_overlap'), %s)",
                        [cast.project.pk],
                    )
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
            else:
                return future
    pytest.fail("PostgreSQL never ended the call.")


@pytest.fixture
def queue(cast: Cast) -> list[int]:
    """Three candidates in the annotator's hands."""
    rows = [row.pk for row in make_queue(cast.project, 1, 3)]
    assert lease(cast) == rows
    return rows


def test_a_call_that_was_ended_gives_its_items_all_the_same(cast: Cast, queue: list[int]) -> None:
    assert ended(cast, lambda: lease(cast)).result(10) == queue
    assert not Lease.objects.filter(expires_at__lt=Now() + timedelta(seconds=60)).exists()


@pytest.mark.usefixtures("queue")
def test_a_transaction_that_is_lost_with_its_call_is_told_so(cast: Cast) -> None:
    with pytest.raises(OperationalError) as lost:
        ended(cast, lambda: lease_in_transaction(cast)).result(10)
    assert is_deadlock(lost.value)
