"""PostgreSQL with connections that are kept, looked at for free, and used with prepared statements.

Django reads the class by this name from the module `base` of the package that ENGINE names.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for two things at which a request would wait for the server."""

    def is_usable(self) -> bool:
        """Return whether the server still holds an idle connection, without asking it.

        A server that ends a connection says so, and what an idle one has to say makes its socket
        readable. Django asks at the beginning of each request (CONN_HEALTH_CHECKS).
        """
        if self.connection is None or self.connection.closed or self.connection.broken:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return not socket.poll(0)

    def prepared_cursor(self) -> CursorWrapper:
        """Return what the function `prepared_cursor` says."""
        self.ensure_connection()
        self.validate_thread_sharing()
        make = self.make_debug_cursor if self.queries_logged else self.make_cursor
        cursor: Any = psycopg.Cursor(self.connection)
        return make(cursor)


def prepared_cursor() -> CursorWrapper:
    """Return a cursor whose statements the server parses and plans once per connection.

    Their parameters travel apart from the SQL, which has to fix their types where it matters.
    """
    wrapper = connections[DEFAULT_DB_ALIAS]
    if not isinstance(wrapper, DatabaseWrapper):
        raise TypeError("ENGINE has to be config.database")
    return wrapper.prepared_cursor()


@contextmanager
def lone_statement() -> Iterator[CursorWrapper]:
    """Give a prepared cursor for one statement that changes something and stands alone.

    Such a statement is a transaction: no round trips to begin and commit one. Inside another
    transaction it has a savepoint, so that its failure leaves that one usable.
    """
    with (
        transaction.atomic() if connection.in_atomic_block else nullcontext(),
        prepared_cursor() as cursor,
    ):
        yield cursor
