"""The form of a new project shows each grade with whether it is relevant, and takes the answer."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from tests.accounts.scheme_forms import new_project
from tests.factory import PASSWORD, Cast

PAGE = "/projects/new/"


@pytest.fixture
def owner(client: Client, cast: Cast) -> Client:
    client.login(username=cast.owner.username, password=PASSWORD)
    return client


def made() -> list[tuple[int, str, bool, float, float]]:
    grades = Project.objects.get(slug="fresh").scheme
    return [(g.value, g.name, g.relevant, g.gain, g.target) for g in grades]


def as_shown(client: Client, **changes: str) -> dict[str, Any]:
    """Return what the form sends as it is offered: boxes that are not ticked are not sent."""
    body = {"slug": "fresh", "name": "N", "overlap": 1, "form-INITIAL_FORMS": 0}
    rows = list(client.get(PAGE).context["forms"])
    for at, row in enumerate(rows):
        body[f"form-{at}-value"] = row["value"].initial
        body[f"form-{at}-name"] = row["name"].initial or ""
        if row["relevant"].initial:
            body[f"form-{at}-relevant"] = "on"
    return body | {"form-TOTAL_FORMS": len(rows)} | changes


def test_as_it_is_offered_it_has_two_grades(owner: Client) -> None:
    page = owner.get(PAGE).content.decode()
    assert "every grade above 0 does unless you untick it" in page
    assert "whole numbers from 0 to 9" in page
    assert owner.post(PAGE, as_shown(owner)).status_code == 302
    assert made() == [(0, "Not relevant", False, 0, 0), (1, "Relevant", True, 1, 1)]


def test_further_grades_are_relevant_unless_they_are_unticked(owner: Client) -> None:
    body = as_shown(owner, **{"form-1-name": "Related", "form-2-name": "Exact"})
    del body["form-1-relevant"]
    assert owner.post(PAGE, body).status_code == 302
    assert [row[:3] for row in made()] == [
        (0, "Not relevant", False), (1, "Related", False), (2, "Exact", True),
    ]  # fmt: skip


def test_what_is_wrong_with_slug_and_grades_is_said_at_once(owner: Client) -> None:
    body = new_project({"value": "10", "name": "Yes"}, slug="static")
    page = owner.post(PAGE, body).content.decode()
    assert "is reserved" in page
    assert "less than or equal to 9" in page
    page = owner.post(PAGE, new_project({"value": "1", "name": "Yes"})).content.decode()
    assert "At least one grade must count as relevant" in page
    assert not Project.objects.filter(slug__in=("static", "fresh")).exists()
