"""Exports through the real web part: a client that goes away, and a database that does."""

import http.client
import io
import os
import zipfile
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import connection

from accounts.services import token_create
from tests.factory import Cast, make_candidate, make_label, make_passage, make_query
from tests.processes import Address, answers, wait_for, web_part

PATH = "/api/v1/projects/library/export/?format="
# Together more than all buffers between the database and a client that does not read.
PASSAGES, CHARACTERS = 40, 400_000
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
COPYING = f"SELECT pid {OTHERS} AND state = 'active' AND query LIKE 'COPY (%%'"
HELD = f"SELECT pid {OTHERS} AND state LIKE 'idle in transaction%%'"


@pytest.fixture
def web(transactional_db: None) -> Iterator[Address]:
    with web_part() as address:
        yield address


def begun(address: Address, token: str, format_name: str) -> http.client.HTTPResponse:
    """Ask for an export, and read no more than its head."""
    client = http.client.HTTPConnection(*address, timeout=30)
    client.request("GET", PATH + format_name, headers={"Authorization": f"Bearer {token}"})
    answer = client.getresponse()
    assert answer.status == HTTPStatus.OK
    assert answer.getheader("Transfer-Encoding") == "chunked"
    assert answer.getheader("Content-Encoding") is None
    return answer


def processes(which: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(which)
        return [row[0] for row in cursor.fetchall()]


def copying() -> int:
    """The server process that copies, as soon as it does."""
    found: list[int] = []

    def copies() -> bool:
        found.extend(processes(COPYING))
        return found != []

    wait_for(copies)
    return found[0]


def test_nothing_stays_behind_and_nothing_looks_whole(web: Address, cast: Cast) -> None:
    query = make_query(cast.project, "q")
    for _ in range(PASSAGES):
        passage = make_passage(cast.project, os.urandom(CHARACTERS // 2).hex())
        make_label(make_candidate(query, passage), 1)
    token = token_create(user=cast.owner, name="test", scope="read").secret

    leaving = begun(web, token, "jsonl")
    copying()
    assert answers(web)  # others are served meanwhile
    leaving.close()
    wait_for(lambda: processes(COPYING) + processes(HELD) == [], seconds=20)

    for format_name in ("jsonl", "beir"):
        answer = begun(web, token, format_name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [copying()])
        with pytest.raises(http.client.IncompleteRead) as broken:
            answer.read()
        answer.close()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(broken.value.partial))

    assert begun(web, token, "jsonl").read().count(b"\n") == PASSAGES
