"""Slices are made, changed and removed by managers, on pages and through the API, and counted."""

import pytest
from django.test import Client

from annotate.models import Query, QuerySlice
from tests.factory import Cast, bearer, make_queue

API = "/api/v1/projects/library/slices/"
PAGE = "/projects/library/queries/slices/"
BODY = {"name": "Hard", "conditions": {"metadata": {"level": "hard"}}}
pytestmark = pytest.mark.django_db


def test_a_slice_is_made_counted_changed_and_removed(client: Client, cast: Cast) -> None:
    make_queue(cast.project, queries=3, passages=1)
    rows = Query.objects.filter(project=cast.project).order_by("pk")
    rows.filter(pk__in=[row.pk for row in rows[:2]]).update(metadata={"level": "hard"})
    client.force_login(cast.manager)
    assert "<strong>level</strong>" in client.get(PAGE).content.decode()
    answer = client.post(PAGE, {"name": "Hard", "metadata": "level = hard"})
    assert answer.status_code == 302
    row = QuerySlice.objects.get()
    assert row.conditions == {"metadata": {"level": "hard"}}
    found = client.get(API, **bearer(cast.manager)).json()["results"]
    assert [(each["name"], each["queries"], each["judged"]) for each in found] == [("Hard", 2, 0)]
    edit = f"{PAGE}{row.pk}/"
    assert "level = hard" in client.get(edit).content.decode()
    assert client.post(edit, {"name": "All", "least": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.conditions) == ("All", {"least": 1})
    client.force_login(cast.viewer)
    assert "has at least 1 word" in client.get(PAGE).content.decode()
    assert client.post(edit, {"name": "All", "least": "2"}).status_code == 403
    assert client.post(f"{edit}remove/").status_code == 403
    client.force_login(cast.manager)
    assert client.post(f"{edit}remove/").status_code == 302
    assert not QuerySlice.objects.exists()


def test_the_api_makes_changes_and_removes(client: Client, cast: Cast) -> None:
    sent = bearer(cast.manager)
    made = client.post(API, BODY, "application/json", **sent)
    assert (made.status_code, made.json()["said"]) == (201, "“level” is “hard”")
    own = f"{API}{made.json()['id']}/"
    changed = client.put(
        own, {"name": "Long", "conditions": {"least": 9}}, "application/json", **sent
    )
    assert (changed.status_code, changed.json()["conditions"]) == (200, {"least": 9})
    assert client.put(own, BODY, "application/json", **bearer(cast.reviewer)).status_code == 403
    assert client.delete(own, **bearer(cast.outsider)).status_code == 404
    assert client.delete(own, **sent).status_code == 204
    assert client.delete(own, **sent).status_code == 404


def test_a_name_is_taken_once_and_nothing_is_no_condition(client: Client, cast: Cast) -> None:
    sent = bearer(cast.manager)
    assert client.post(API, BODY, "application/json", **sent).status_code == 201
    again = client.post(API, {**BODY, "name": "hard"}, "application/json", **sent)
    assert (again.status_code, list(again.json()["errors"])) == (400, ["name"])
    for conditions in ({}, {"least": 0}, {"word": "x"}, {"least": 3, "most": 2}):
        body = {"name": "New", "conditions": conditions}
        assert client.post(API, body, "application/json", **sent).status_code == 400, conditions
    client.force_login(cast.manager)
    page = client.post(PAGE, {"name": "Hard", "metadata": "no pair"}).content.decode()
    assert "is no key = value" in page
    assert (
        "There is a slice of this name"
        in client.post(PAGE, {"name": "HARD", "least": "1"}).content.decode()
    )
    assert QuerySlice.objects.count() == 1


def test_outsiders_and_strangers_see_none(client: Client, cast: Cast) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(cast.outsider)).status_code == 404
    assert client.post(API, BODY, "application/json", **bearer(cast.viewer)).status_code == 403
    assert client.put(API, **bearer(cast.owner)).status_code == 405
    pages = (PAGE, f"{PAGE}1/")
    assert [client.get(page).status_code for page in pages] == [302, 302]
    client.force_login(cast.outsider)
    assert [client.get(page).status_code for page in pages] == [404, 404]
    assert client.post(f"{PAGE}1/remove/").status_code == 404
    client.force_login(cast.viewer)
    assert client.get(pages[1]).status_code == 403
    client.force_login(cast.owner)
    assert client.get(f"{PAGE}1/remove/").status_code == 405
    assert client.get(pages[1]).status_code == 404
    assert client.delete(PAGE).status_code == 405
