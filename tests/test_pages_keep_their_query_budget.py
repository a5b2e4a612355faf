"""How many database queries each page makes stands in query_counts.json, and does not depend on
how much there is to show."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factory import PASSWORD, Cast, make_judgment, make_label, make_proposal, make_queue
from tests.training.jobs import make_job_history

BUDGETS = json.loads((Path(__file__).parent / "query_counts.json").read_text("utf-8"))
pytestmark = pytest.mark.django_db


def counted(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(queries)


def fill(cast: Cast, queries: int) -> dict[str, object]:
    """Make things to show, and return those that stand in braces in a page's path."""
    rows = make_queue(cast.project, queries=queries, passages=4)
    for number, row in enumerate(rows):
        make_label(row, grade=number % 2)
        make_proposal(row, "search", rank=number + 1)
    make_judgment(rows[0], cast.annotator, grade=1)
    return {"query": rows[0].query_id, **make_job_history(cast, queries)}


@pytest.mark.parametrize("queries", [2, 30])
def test_every_page_makes_the_queries_it_says(client: Client, cast: Cast, queries: int) -> None:
    shown = fill(cast, queries)
    client.login(username=cast.manager.username, password=PASSWORD)
    client.get("/")
    found = {path: counted(client, path.format(**shown)) for path in BUDGETS}
    assert found == BUDGETS
