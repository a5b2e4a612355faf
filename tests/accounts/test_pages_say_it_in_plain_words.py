"""A project's page says the visitor's role and how its candidates are judged in sentences."""

import pytest
from django.test import Client

from accounts.services import project_update
from tests.factory import PASSWORD, Cast

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


def test_the_pages_of_the_api_lead_back(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    assert '<a class="link" href="/">← Back to Arbiter</a>' in page
