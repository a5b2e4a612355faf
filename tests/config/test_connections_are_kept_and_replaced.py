"""A thread keeps its connection from request to request; one that the server ended is replaced."""

import psycopg
import pytest
from django.db import close_old_connections, connection

from accounts import access
from config.database.base import prepared_cursor
from tests.factory import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_from_outside(pid: int) -> None:
    """End a connection's server process, as a restart of the server does."""
    settings = connection.get_connection_params()
    wanted = {name: settings[name] for name in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**wanted) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_is_kept_until_the_server_ends_it(cast: Cast) -> None:
    before = backend()
    close_old_connections()  # as at the beginning of a request
    assert backend() == before
    end_from_outside(before)
    close_old_connections()
    after = backend()
    assert after != before
    close_old_connections()
    assert backend() == after


def test_a_lookup_by_key_is_prepared_once(cast: Cast) -> None:
    for _ in range(3):
        access.member_for(cast.owner, cast.project.slug)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%%accounts_member%%'"
        )
        statements, runs = cursor.fetchone()
    assert statements == 1
    assert runs >= 3
    with prepared_cursor() as cursor:
        cursor.execute("SELECT %s::text", ["kept apart from the SQL: '; --"])
        assert cursor.fetchone() == ("kept apart from the SQL: '; --",)
