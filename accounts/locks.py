"""One process at a time: on a piece of work, however often its task was delivered, or in a place.

A task claims its row by an advisory lock that PostgreSQL holds until the transaction ends, be it by
commit, rollback or the worker's death. So a sweep may publish unfinished work again at any time.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg.errors import DeadlockDetected


def work_lock(kind: str, pk: int) -> bool:
    """Try to take the lock on `kind` number `pk` for this transaction; False if another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", [kind, pk])
        row = cursor.fetchone()
    return bool(row and row[0])


@contextmanager
def work_held(kind: str, pk: int) -> Iterator[bool]:
    """Hold the lock of `work_lock` over several transactions; gives False if another has it.

    It is the connection's, so that it ends with the process, too; within it `work_lock` is granted.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [kind, pk])
        row = cursor.fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        # A connection that broke has lost the lock already.
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [kind, pk])


def is_deadlock(error: Exception) -> bool:
    """Say whether PostgreSQL ended a transaction that waited in a circle: it may be tried again."""
    # Django wraps all errors of the driver but those of COPY.
    return isinstance(error, DeadlockDetected) or isinstance(error.__cause__, DeadlockDetected)


def turn_wait(kind: str) -> None:
    """Wait until no other transaction is in the place `kind`; this one is until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [kind])
