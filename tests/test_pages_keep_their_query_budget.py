"""How many database queries each page and each list of the API makes stands in query_counts.json,
and does not depend on how much there is to show."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.services import member_set, project_create
from annotate.models import Import
from annotate.services.assigning import group_set, queries_assign
from annotate.services.erasing import erasure_create
from annotate.services.withdrawing import candidates_withdraw
from models_app.services.rerankers import alias_move, review_add
from tests.annotate.checks import make_gold
from tests.annotate.judging import decide
from tests.annotate.pairing import compare, offered, prefer
from tests.factory import (
    PASSWORD,
    Cast,
    make_annotator,
    make_judgment,
    make_label,
    make_proposal,
    make_queue,
)
from tests.models_app.published import publish
from tests.training.jobs import make_job_history

BUDGETS = json.loads((Path(__file__).parent / "query_counts.json").read_text("utf-8"))
FRAGMENT = {"HX-Request": "true"}
FRAGMENTS = {"/projects/"}  # a page of its own it is not
pytestmark = pytest.mark.django_db


def counted(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, headers=FRAGMENT if path in FRAGMENTS else {})
    assert answer.status_code == 200, path
    return len(queries)


def fill(cast: Cast, queries: int) -> dict[str, object]:
    """Make things to show, and return those that stand in braces in a page's path."""
    rows = make_queue(cast.project, queries=queries, passages=4)
    for number, row in enumerate(rows):
        make_label(row, grade=number % 2)
        make_proposal(row, "search", rank=number + 1)
        decide(cast.project, cast.reviewer, row)
    make_judgment(rows[0], cast.annotator, grade=1)
    for row in (rows[1], *rows[4 : 4 + queries]):
        make_judgment(row, cast.manager, grade=1)
    for number in range(queries):
        person = make_annotator(cast.project, f"judge-{number}")
        other = project_create(slug=f"other-{number}", name="Other", owner=cast.owner)
        member_set(project=other, user=cast.manager, role=Role.MANAGER)
        Import.objects.create(project=cast.project, name="f", source_name="s", created_by=person)
    make_gold(cast.manager, *rows[:queries])
    compared, *_ = offered(cast.project)
    compare(cast.project, cast.annotator, prefer(compared))
    group = group_set(project=cast.project, name="night", people=[cast.annotator, cast.reviewer])
    queries_assign(
        project=cast.project, queries=cast.project.queries.all(), people=[cast.owner],
        groups=[group], by=cast.manager,
    )  # fmt: skip
    for row in rows[4:]:
        how: dict[str, Any] = {"project": cast.project, "by": cast.manager, "reason": "Off topic."}
        candidates_withdraw(candidates=[row.pk], **how)
        erasure = erasure_create(subject=row.passage, by=cast.owner, reason="Asked for.")
    shown = {"query": rows[0].query_id, "passage": rows[0].passage_id, "erasure": erasure.pk,
             "candidate": rows[0].pk, "own": rows[1].pk}  # fmt: skip
    return {**shown, **make_job_history(cast, queries)}


def fill_registry(cast: Cast, folder: Path, rerankers: int) -> None:
    """Publish so many rerankers with so many versions, each moved to and reviewed."""
    for reranker in range(rerankers):
        for row in range(rerankers):
            name, place = f"finder-{reranker}", folder / f"{reranker}-{row}"
            version = publish(cast.project, place, name=name, by=cast.manager, seed=row)
            alias_move(
                reranker=version.reranker, name="champion", version=version,
                reason="The newest.", moved_by=cast.owner,
            )  # fmt: skip
            for person in (cast.owner, cast.reviewer):
                review_add(version=version, reviewer=person, verdict="approve")


@pytest.mark.parametrize(("queries", "rerankers"), [(2, 2), (30, 3)])
def test_every_page_and_list_makes_the_queries_it_says(
    client: Client, cast: Cast, tmp_path: Path, queries: int, rerankers: int
) -> None:
    shown = fill(cast, queries)
    fill_registry(cast, tmp_path, rerankers)
    client.login(username=cast.manager.username, password=PASSWORD)
    client.get("/")
    found = {path: counted(client, path.format(**shown)) for path in BUDGETS}
    with connection.cursor() as cursor:  # a list's own would bound the end of the test, too
        cursor.execute("SET LOCAL statement_timeout = 0")
    assert found == BUDGETS
