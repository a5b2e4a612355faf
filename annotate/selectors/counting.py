"""How many rows there are, where that can be said soon."""

from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

_COUNT_MS: Final = 3_000


def count_soon(rows: QuerySet[Any]) -> int | None:
    """Count rows; None where that takes longer than three seconds."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_COUNT_MS}")
            return rows.order_by().count()
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
