"""A project's page says the visitor's role and how its candidates are judged in sentences."""

import pytest
from django.test import Client

from accounts.selectors import project_contents
from accounts.services import project_update
from tests.factory import PASSWORD, Cast, make_label, make_queue

BLIND = ", without seeing its ranks, its scores or what others said."


@pytest.mark.parametrize(
    ("overlap", "blind", "sentence"),
    [
        (1, False, "One person judges each candidate."),
        (3, True, f"3 people judge each candidate{BLIND}"),
    ],
)
def test_the_role_and_how_it_is_judged(
    client: Client, cast: Cast, overlap: int, blind: bool, sentence: str
) -> None:
    project_update(project=cast.project, overlap=overlap, blind=blind)
    client.login(username=cast.owner.username, password=PASSWORD)
    page = client.get("/projects/library/").content.decode()
    assert "Your role: owner" in page
    assert sentence in page


def test_the_pages_of_the_api_lead_back(client: Client, cast: Cast) -> None:
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get("/api/docs/").content.decode()
    for way in ("/", "/rerankers/", "/tokens/"):
        assert f'href="{way}"' in page


def test_one_of_a_kind_is_said_in_the_singular(cast: Cast) -> None:
    queue = make_queue(cast.project, queries=1, passages=1)
    make_label(queue[0], 1)
    assert project_contents(cast.project)[:3] == [
        ("judgment or imported label", 1), ("query", 1), ("snapshots", 0),
    ]  # fmt: skip


def test_the_least_overlap_is_known_to_the_browser(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    for path in ("/projects/new/", "/projects/library/settings/"):
        assert client.get(path).context["form"]["overlap"].field.widget.attrs["min"] == 1


def test_browsers_find_the_icon_where_they_look_for_it(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == "/static/icon.svg"
    assert client.post("/favicon.ico").status_code == 405
