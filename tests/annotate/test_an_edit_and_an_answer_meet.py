"""An answer to a wording that an import replaces meanwhile is history, whoever comes first."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from annotate.models import Candidate, Judgment
from annotate.services.answers import Recorded, Status
from tests.annotate.import_files import pair, take, write
from tests.annotate.judging import grade, record, reword_query
from tests.factory import PASSWORD, Cast, bearer
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = "/api/v1/projects/library/tasks/lease/"
JUDGMENTS = "/api/v1/projects/library/judgments/"
NEW = {
    "passage": pair("q", "new", passage_id="p", query_id="1"),
    "query": pair("new", "p", passage_id="p", query_id="1"),
}


@pytest.fixture
def item(cast: Cast, tmp_path: Path) -> Candidate:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", passage_id="p", query_id="1")))
    return Candidate.objects.get()


def aside(call: Callable[[], object]) -> threading.Thread:
    """Start a call on a connection of its own."""

    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def somebody_waits() -> bool:
    """Say whether another connection waits for this one's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("edited", ["passage", "query"])
def test_an_edit_retires_an_answer_that_is_under_way(
    cast: Cast, item: Candidate, tmp_path: Path, edited: str
) -> None:
    path = write(tmp_path / "b.jsonl", NEW[edited])
    with transaction.atomic():
        [first] = record(cast.project, cast.annotator, grade(item, 1, revision=1))
        importer = aside(lambda: take(cast.project, path, on_conflict="last"))
        wait_for(lambda: somebody_waits() or not importer.is_alive())
    importer.join()
    assert first.status is Status.CREATED
    assert not Judgment.objects.get().current
    assert Candidate.objects.get().wanted


@pytest.mark.parametrize("edited", ["passage", "query"])
def test_an_answer_that_waited_for_an_edit_is_history(
    cast: Cast, item: Candidate, tmp_path: Path, edited: str
) -> None:
    read: dict[str, Any] = {"revision": 1, "query_revision": 1}
    results: list[Recorded] = []
    # An earlier answer, so that the edit takes the candidate's lock to retire it.
    record(cast.project, cast.reviewer, grade(item, 0))
    with transaction.atomic():
        take(cast.project, write(tmp_path / "b.jsonl", NEW[edited]), on_conflict="last")
        answer = grade(item, 1, **read)
        judge = aside(lambda: results.extend(record(cast.project, cast.annotator, answer)))
        wait_for(lambda: somebody_waits() or not judge.is_alive())
    judge.join()
    [late] = results
    assert (late.status, late.message) == (
        Status.LATE,
        f"The {edited} was edited meanwhile; judge its new text.",
    )
    row = Judgment.objects.get(person=cast.annotator)
    assert (row.current, row.passage_revision, row.query_revision) == (False, 1, 1)


def test_an_item_says_which_query_it_showed_and_its_answer_too(
    client: Client, cast: Cast, item: Candidate
) -> None:
    headers = bearer(cast.annotator)
    [shown] = client.post(LEASE, {}, "application/json", **headers).json()["items"]
    assert shown["query"]["revision"] == 1
    reword_query(item.query, "new")
    answer = {
        "id": "7a1f8e0c-6a53-4b57-9c0b-3a2c5e3e9a10",
        "candidate": shown["candidate"],
        "grade": 1,
        "revision": shown["passage"]["revision"],
        "query_revision": shown["query"]["revision"],
    }
    wrong = {**answer, "id": "7a1f8e0c-6a53-4b57-9c0b-3a2c5e3e9a11", "query_revision": 3}
    body = {"judgments": [answer, wrong]}
    results = client.post(JUDGMENTS, body, "application/json", **headers).json()["results"]
    assert [row["status"] for row in results] == ["late", "invalid"]
    assert results[1]["message"] == "The query has no revision 3."
    assert not Judgment.objects.get().current


def test_the_page_without_javascript_says_it_too(
    client: Client, cast: Cast, item: Candidate
) -> None:
    client.login(username=cast.annotator.username, password=PASSWORD)
    for text in ("second", "third", "fourth"):
        reword_query(item.query, text)
    page = client.get("/projects/library/judge/").content.decode()
    assert '<input type="hidden" name="query_revision" value="4">' in page
    reword_query(item.query, "fifth")
    form = {
        "id": "7a1f8e0c-6a53-4b57-9c0b-3a2c5e3e9a12",
        "candidate": item.pk,
        "grade": 1,
        "query_revision": 4,
    }
    client.post("/projects/library/judge/answer/", form)
    row = Judgment.objects.get()
    assert (row.current, row.query_revision) == (False, 4)
