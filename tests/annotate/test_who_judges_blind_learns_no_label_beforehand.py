"""Filters, counts and import errors tell no label to those who have yet to judge.

A filter that they may not use is refused, so that nobody takes a whole list for a narrowed one.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import project_update
from annotate.models import Lease
from annotate.services.importing import import_file
from tests.annotate.checks import make_gold, set_queue
from tests.annotate.import_files import pair, write
from tests.annotate.judging import grade, record, skip
from tests.factory import (
    PASSWORD,
    Cast,
    bearer,
    make_judgment,
    make_label,
    make_proposal,
    make_queue,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library"
PAGE = "/projects/library"
SHOW = ("relevant", "irrelevant", "judged", "open")


def listed(client: Client, user: User, show: str) -> tuple[int, int]:
    """Return how many queries the API and the page list."""
    answer = client.get(f"{API}/queries/", {"show": show}, **bearer(user)).json()["results"]
    client.force_login(user)
    page = client.get(f"{PAGE}/queries/", {"show": show}).content.decode()
    client.logout()
    return len(answer), page.count(f'href="{PAGE}/queries/')


def refused(client: Client, user: User, path: str, *, page: bool = True) -> None:
    answer = client.get(f"{API}/{path}", **bearer(user))
    assert (answer.status_code, "would tell too much" in answer.json()["detail"]) == (403, True)
    if page:
        client.force_login(user)
        shown = client.get(f"{PAGE}/{path}")
        client.logout()
        assert (shown.status_code, "would tell too much" in shown.content.decode()) == (403, True)


@pytest.mark.parametrize("show", SHOW)
def test_a_filter_of_queries_is_refused_to_the_blind(client: Client, cast: Cast, show: str) -> None:
    rows = make_queue(cast.project, queries=3, passages=1)
    make_label(rows[0], grade=1)
    make_label(rows[1], grade=0)
    narrowed = {"relevant": 1, "irrelevant": 1, "judged": 2, "open": 1}[show]
    for user in (cast.annotator, cast.viewer):
        refused(client, user, f"queries/?show={show}")
    seen = listed(client, cast.reviewer, show)
    assert (seen[0], seen[1] - listed(client, cast.reviewer, "")[1]) == (narrowed, narrowed - 3)
    project_update(project=cast.project, blind=False)
    assert listed(client, cast.annotator, show)[0] == narrowed


@pytest.mark.parametrize(
    "wish",
    ["grade=1", "judge=library-reviewer", "run=bm25", "show=open", "show=wanted&judge=me",
     "judge=me&run=bm25"],
)  # fmt: skip
def test_a_filter_of_candidates_is_refused_to_the_blind(
    client: Client, cast: Cast, wish: str
) -> None:
    make_proposal(make_queue(cast.project)[0], "bm25", rank=1)
    for user in (cast.annotator, cast.viewer):
        refused(client, user, f"candidates/?{wish}", page=wish != "grade=1")
    path = f"{API}/candidates/?{wish}"
    assert client.get(path, **bearer(cast.reviewer)).status_code == 200
    project_update(project=cast.project, blind=False)
    assert client.get(path, **bearer(cast.annotator)).status_code == 200
    set_queue(cast.project, gold_rate=0.1)
    told = 200 if wish in ("run=bm25", "judge=me&run=bm25") else 403  # ranks are no secret there
    assert client.get(path, **bearer(cast.annotator)).status_code == told


def test_everybody_narrows_by_their_own_answers(client: Client, cast: Cast) -> None:
    rows = make_queue(cast.project, queries=2, passages=5)
    make_gold(cast.manager, rows[9])
    make_judgment(rows[7], cast.reviewer, 1)
    mine = (grade(rows[0], 1), grade(rows[1], 0), grade(rows[2], 1, flagged=True))
    record(cast.project, cast.annotator, *mine, skip(rows[3]))
    held = {"candidate": rows[9], "person": cast.annotator, "purpose": "check"}
    Lease.objects.create(**held, expires_at=timezone.now() + timedelta(hours=1))
    record(cast.project, cast.annotator, grade(rows[9], 0))
    wanted = {
        "judge=me": [0, 1, 2, 3, 9], "judge=library-annotator": [0, 1, 2, 3, 9],
        "judge=me&grade=1": [0, 2], "judge=me&grade=0": [1, 9], "judge=me&show=flagged": [2],
        "judge=me&show=skipped": [3], "judge=me&show=judged": [0, 1, 2, 9],
    }  # fmt: skip
    client.force_login(cast.annotator)
    for wish, places in wanted.items():
        names = {str(rows[place].passage) for place in places}
        found = client.get(f"{API}/candidates/?{wish}", **bearer(cast.annotator)).json()["results"]
        assert {row["id"] for row in found} == {str(rows[place].pk) for place in places}, wish
        page = client.get(f"{PAGE}/candidates/?{wish}").content.decode()
        assert page.count('<td role="cell" dir="auto"><strong>') == len(names) == len(places)
    page = client.get(f"{PAGE}/candidates/?grade=1").content.decode()
    assert page.count('<td role="cell" dir="auto"><strong>') == 2  # it can only mean their own
    assert all(words in page for words in ("Answered by me", "Any grade of mine", "Flagged by me"))


def test_the_page_counts_judgments_for_those_who_see_them(client: Client, cast: Cast) -> None:
    make_label(make_queue(cast.project)[0], grade=1)
    for user, seen in ((cast.annotator, False), (cast.viewer, False), (cast.reviewer, True)):
        client.login(username=user.username, password=PASSWORD)
        page = client.get(f"{PAGE}/queries/").content.decode()
        assert ("Judged or labelled" in page) is ('name="show"' in page) is seen


def test_only_managers_see_what_is_wrong_with_a_file(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    twice = write(tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "p", 0))
    row = import_file(project=cast.project, path=twice)
    assert row.status == "failed"
    message = row.errors[0]["message"]
    people = {cast.annotator: False, cast.viewer: False, cast.reviewer: False, cast.manager: True}
    for user, sees in people.items():
        token = bearer(user)
        [first] = client.get(f"{API}/imports/", **token).json()["results"]
        assert client.get(f"{API}/imports/{row.pk}/", **token).json() == first
        assert (first["errors"], first["error_count"]) == (row.errors if sees else [], 1)
        client.force_login(user)
        page = client.get(f"{PAGE}/imports/{row.pk}/").content.decode()
        client.logout()
        assert (message in page) is sees
        assert ("It has 1 error," in page) is not sees
