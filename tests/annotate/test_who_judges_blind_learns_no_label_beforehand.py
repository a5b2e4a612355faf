"""Filters, counts and import errors tell no label to those who have yet to judge."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import project_update
from annotate.services.importing import import_file
from tests.annotate.import_files import pair, write
from tests.factory import PASSWORD, Cast, bearer, make_label, make_queue

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


@pytest.mark.parametrize("show", SHOW)
def test_a_filter_narrows_nothing_for_the_blind(client: Client, cast: Cast, show: str) -> None:
    rows = make_queue(cast.project, queries=3, passages=1)
    make_label(rows[0], grade=1)
    make_label(rows[1], grade=0)
    narrowed = {"relevant": 1, "irrelevant": 1, "judged": 2, "open": 1}[show]
    assert listed(client, cast.annotator, show)[0] == listed(client, cast.viewer, show)[0] == 3
    assert listed(client, cast.annotator, show) == listed(client, cast.annotator, "")
    seen = listed(client, cast.reviewer, show)
    assert (seen[0], seen[1] - listed(client, cast.reviewer, "")[1]) == (narrowed, narrowed - 3)
    project_update(project=cast.project, blind=False)
    assert listed(client, cast.annotator, show)[0] == narrowed


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
