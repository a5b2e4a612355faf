"""A list's search, filters and order are saved under a name, on pages and through the API."""

import pytest
from django.test import Client

from annotate.models import SavedView
from tests.factory import Cast, bearer, make_queue

API = "/api/v1/projects/library/views/"
PAGE = "/projects/library/candidates/"
ADD = f"{PAGE}views/"
pytestmark = pytest.mark.django_db


def test_a_view_is_saved_shown_and_deleted(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    client.force_login(cast.reviewer)
    wish = {"name": "Unsure", "parameters": "show=flagged&order=-id", "shared": "on"}
    answer = client.post(ADD, wish)
    assert answer.status_code == 302
    assert answer["Location"] == f"{PAGE}?show=flagged&order=-id"
    link = 'href="?show=flagged&amp;order=-id">Unsure</a>'
    assert link in client.get(PAGE).content.decode()
    assert link not in client.get("/projects/library/queries/").content.decode()
    client.force_login(cast.viewer)
    assert link in client.get(PAGE).content.decode()  # it is shared
    view = SavedView.objects.get()
    assert client.post(f"{ADD}{view.pk}/delete/").status_code == 403
    client.force_login(cast.manager)
    assert client.post(f"{ADD}{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


def test_the_same_name_replaces_ones_own(client: Client, cast: Cast) -> None:
    for person in (cast.reviewer, cast.manager):
        for order in ("id", "-id"):
            body = {"listed": "queries", "name": "Mine", "parameters": {"order": order}}
            sent = bearer(person)
            assert client.post(API, body, "application/json", **sent).status_code == 201
    assert [view.parameters for view in SavedView.objects.all()] == [{"order": "-id"}] * 2
    found = client.get(API, **bearer(cast.reviewer)).json()["results"]
    assert [view["maker"] for view in found] == [cast.reviewer.username]
    own = f"{API}{found[0]['id']}/"
    assert client.delete(own, **bearer(cast.manager)).status_code == 404  # not shared: not theirs
    assert client.delete(own, **bearer(cast.reviewer)).status_code == 204


def test_what_is_no_view_is_refused(client: Client, cast: Cast) -> None:
    sent = bearer(cast.annotator)
    good = {"listed": "queries", "name": "A", "parameters": {}}
    changes: tuple[dict[str, object], ...] = (
        {"name": ""},
        {"name": "x" * 81},
        {"listed": "jobs"},
        {"parameters": []},
        {"x": 1},
    )
    for change in changes:
        answer = client.post(API, {**good, **change}, "application/json", **sent)
        assert answer.status_code == 400, change
    shared = client.post(API, {**good, "shared": True}, "application/json", **sent)
    assert shared.status_code == 403
    client.force_login(cast.annotator)
    page = client.post(ADD, {"name": " ", "parameters": "q=x"}, follow=True)
    assert "cannot be blank" in page.content.decode()


def test_outsiders_and_strangers_see_none(client: Client, cast: Cast) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(cast.outsider)).status_code == 404
    assert client.put(API, **bearer(cast.owner)).status_code == 405
    assert client.get(PAGE).status_code == 302
    assert client.post(ADD, {"name": "x"}).status_code == 302
    client.force_login(cast.outsider)
    assert client.get(PAGE).status_code == 404
    assert client.post(ADD, {"name": "x"}).status_code == 404
    client.force_login(cast.owner)
    assert client.get(ADD).status_code == 405
    assert client.post(PAGE).status_code == 405
    assert client.get(f"{PAGE}?query=none").status_code == 404
