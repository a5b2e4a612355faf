"""Leases of pairs: who compares what, in which slot, until when on the database's clock.

The order of locks is that of judging (`annotate.services.leasing`), with pairs after candidates:
the project's overlap (shared), then pairs by id, then leases by id. A lease is one call of a
database function (`annotate_pairs_lease`, migration 0013), which walks the index `pair_open`; it
locks what the person holds before any pair, and waits for no pair after that.
"""

from typing import Final

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from accounts.locks import is_deadlock
from accounts.models import Project, User
from annotate.models import PairLease
from annotate.selectors.pairs import pairs_open_to
from annotate.services.leasing import LEASE_MAX, judge_require
from config.database.base import lone_statement

_ROUNDS: Final = 5
_NEAR: Final = 500  # places at the beginning of the queue where a person far ahead looks first
_CALL: Final = "SELECT lease FROM annotate_pairs_lease(%s, %s, %s, %s, %s, %s)"


def pairs_lease(*, project: Project, person: User, count: int) -> list[PairLease]:
    """Lease the person's next pairs: first what they hold already, renewed, then in queue order.

    Never more slots than the overlap, nor a pair that the person has answered, nor one of a query
    that is assigned to others. Returns at most `count` (and LEASE_MAX) leases with their texts,
    none in a closed project or in one without pairs.
    """
    count = min(count, LEASE_MAX)
    if project.closed or count < 1:
        return []
    keys: list[int] = []
    for attempt in range(_ROUNDS):
        keys = _lease(project, person, count, patient=attempt > 0)
        # What a colleague's call had locked for a moment was passed over: look again, waiting.
        if keys or not pairs_open_to(project, person).exists():
            break
    rows = PairLease.objects.select_related(
        "pair__query", "pair__first__passage__text", "pair__second__passage__text"
    ).in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def pairs_give_back(*, project: Project, person: User) -> int:
    """Give back what the person holds but has not answered; returns how many pairs that were.

    What an undo gave back stays theirs until its lease expires.
    """
    held = PairLease.objects.filter(pair__project=project, person=person, returned_at=None)
    with transaction.atomic():
        locked = held.order_by("pk").select_for_update(of=("self",))
        number, _ = PairLease.objects.filter(pk__in=[row.pk for row in locked]).delete()
    return number


def pair_leases_expire() -> int:
    """Delete leases that have expired; returns their number. Only tidies: they bind nobody."""
    with transaction.atomic():
        over = PairLease.objects.filter(expires_at__lte=Now())
        expired = list(over.select_for_update(skip_locked=True).values_list("pk", flat=True))
        number, _ = PairLease.objects.filter(pk__in=expired).delete()
    return number


def _lease(project: Project, person: User, count: int, *, patient: bool) -> list[int]:
    seconds = settings.JUDGING_LEASE_SECONDS
    try:
        with lone_statement() as cursor:
            cursor.execute(_CALL, [project.pk, person.pk, count, seconds, patient, _NEAR])
            return [row[0] for row in cursor.fetchall()]
    except IntegrityError:
        judge_require(project=project, person=person)
        raise
    except OperationalError as error:
        if connection.in_atomic_block or not is_deadlock(error):
            raise
        return []  # as where a colleague was faster: looked for again
