"""A project's pages show the tabs that their visitor can open, and no others."""

import re

import pytest
from django.test import Client

from accounts.models import User
from tests.factory import PASSWORD, Cast

OPEN = {
    "Library", "Progress", "Agreement", "Queries", "Imports", "Snapshots", "Training", "Rerankers",
}  # fmt: skip
PAGES = (
    "", "progress/", "agreement/", "queries/", "candidates/", "imports/", "snapshots/", "jobs/",
    "rerankers/",
)  # fmt: skip


def tabs(page: str) -> dict[str, str]:
    [nav] = re.findall(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
    return {name: path for path, name in re.findall(r'href="([^"]+)"[^>]*>([^<]+)</a>', nav)}


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("viewer", set()),
        ("annotator", {"Judge"}),
        ("reviewer", {"Judge", "Disagreements"}),
        ("manager", {"Judge", "Disagreements", "Settings"}),
        ("owner", {"Judge", "Disagreements", "Settings"}),
    ],
)
def test_each_role_opens_every_tab_that_it_sees(
    client: Client, cast: Cast, role: str, more: set[str]
) -> None:
    user: User = getattr(cast, role)
    client.login(username=user.username, password=PASSWORD)
    for path in PAGES:
        shown = tabs(client.get(f"/projects/library/{path}").content.decode())
        assert set(shown) == OPEN | more, path
    for name, path in shown.items():
        assert client.get(path).status_code == 200, name
