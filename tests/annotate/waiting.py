"""Two connections of which one waits for the other, without a guess at how long that takes."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
_WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


def begun(pool: Executor, call: Callable[[], T]) -> Future[T]:
    """Start a call on a connection of its own; return once it waits for this one's transaction.

    Raises AssertionError where it does not wait.
    """

    def run() -> T:
        try:
            return call()
        finally:
            connection.close()

    future = pool.submit(run)
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(_WAITING)
            if cursor.fetchone() == (True,):
                return future
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("The call did not wait.")
