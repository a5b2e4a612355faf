"""What a job writes while the database may be away: its work should survive that."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection

# The last is how Django gives on that the server has ended a transaction which stood still.
DATABASE_GONE: Final = (OperationalError, InterfaceError, InternalError)
# Longer than a lease: the guard renews that as soon as the database answers, and a job that was
# given to others meanwhile is refused by its claim.
WAIT_SECONDS: Final = 600.0

T = TypeVar("T")


def patiently(
    write: Callable[[], T], *, within: Callable[[], AbstractContextManager[None]] = nullcontext
) -> T:
    """Call `write`, which a repeat does not harm, again and again while the database is away.

    Each time `within` a fresh context. Raises what it raises after ten minutes.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with within():
                return write()
        except DATABASE_GONE:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
