"""Whoever saves changes what they have changed, and nothing that a colleague saved meanwhile."""

from typing import Any

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast, bearer

pytestmark = pytest.mark.django_db
PAGE = "/projects/library/settings/"


def logged_in(cast: Cast) -> Client:
    client = Client()
    assert client.login(username=cast.manager.username, password=PASSWORD)
    return client


def shown(client: Client) -> dict[str, Any]:
    """Return what a browser sends back from the page as it was opened."""
    answer = client.get(PAGE)
    page = answer.content.decode()
    sent: dict[str, Any] = {}
    for field in answer.context["form"]:
        assert f'name="{field.html_initial_name}"' in page
        value = field.value()
        sent[field.html_initial_name] = value if value is not None else ""
        if value is not False:  # a box that is not ticked is not sent
            sent[field.html_name] = sent[field.html_initial_name]
    return sent


def test_an_older_page_takes_nothing_back(cast: Cast) -> None:
    cast.project.guidelines = "old\nlines"
    cast.project.save()
    first, second = logged_in(cast), logged_in(cast)
    older = shown(first)
    newer = {**shown(second), "guidelines": "new", "overlap": 3, "language": "de"}
    del newer["blind"]
    assert second.post(PAGE, {**newer, "closed": "on"}).status_code == 302
    assert first.post(PAGE, {**older, "name": "Renamed"}).status_code == 302
    project = cast.project
    project.refresh_from_db()
    assert (project.name, project.guidelines, project.overlap) == ("Renamed", "new", 3)
    assert (project.blind, project.language, project.closed) == (False, "de", True)


def test_a_page_saved_as_it_was_changes_nothing(cast: Cast) -> None:
    client = logged_in(cast)
    older = shown(client)
    type(cast.project).objects.filter(pk=cast.project.pk).update(name="By another")
    assert client.post(PAGE, older).status_code == 302
    cast.project.refresh_from_db()
    assert cast.project.name == "By another"


def test_a_box_is_ticked_and_cleared(cast: Cast) -> None:
    client = logged_in(cast)
    for closed in (True, False):
        sent = {name: value for name, value in shown(client).items() if name != "closed"}
        assert (
            client.post(PAGE, {**sent, **({"closed": "on"} if closed else {})}).status_code == 302
        )
        cast.project.refresh_from_db()
        assert cast.project.closed is closed


def test_a_call_changes_what_it_names_and_shows_the_rest_as_it_is(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts import services

    update = services.project_update

    def late(**arguments: Any) -> Any:
        """Let a colleague save between this call's look at the project and its write."""
        type(cast.project).objects.filter(pk=cast.project.pk).update(overlap=4)
        return update(**arguments)

    monkeypatch.setattr("accounts.services.project_update", late)
    path = "/api/v1/projects/library/"
    answer = client.patch(path, {"name": "Other"}, "application/json", **bearer(cast.manager))
    assert (answer.json()["name"], answer.json()["overlap"]) == ("Other", 4)
    cast.project.refresh_from_db()
    assert (cast.project.name, cast.project.overlap) == ("Other", 4)
