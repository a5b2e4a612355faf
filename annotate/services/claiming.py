"""How often a worker may die over a piece of work before it fails for good."""

from typing import Final

from django.db import transaction
from django.db.models import F

from accounts.locks import work_lock
from annotate.models import Bulk, Copies, Import, PairQueue, Queue, Snapshot

ATTEMPTS_MAX: Final = 3
GAVE_UP: Final = (
    f"It was given up after {ATTEMPTS_MAX} attempts that ended early: the worker was killed,"
    " perhaps for want of memory, or lost the database. The server's log has the details."
)


@transaction.atomic
def attempt_begin(
    *, model: type[Bulk | Copies | Import | PairQueue | Queue | Snapshot], pk: int
) -> int:
    """Count an attempt at running work and return its number, from 1.

    Returns 0 where another worker is at it, or nothing is left to do. Committed before the work
    begins, so that an attempt whose worker dies stays counted.
    """
    if not work_lock(model.__name__.lower(), pk):
        return 0
    rows = model.objects.filter(pk=pk, status="running")
    rows.update(attempts=F("attempts") + 1)
    return rows.values_list("attempts", flat=True).first() or 0
