"""Nobody sees a project they do not belong to, and cannot tell it from one that does not exist."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client

from accounts.access import LoginRequiredError, Right, project_for
from tests.factory import PASSWORD, Cast, bearer


def test_a_member_gets_the_project(cast: Cast) -> None:
    assert project_for(cast.viewer, "library") == cast.project


def test_an_outsider_gets_the_same_answer_as_for_nothing(cast: Cast) -> None:
    for slug in ("library", "no-such-project"):
        with pytest.raises(Http404, match="There is no such project"):
            project_for(cast.outsider, slug)


def test_a_role_that_does_not_reach_is_told_so(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="annotator"):
        project_for(cast.annotator, "library", Right.MANAGE)


def test_an_anonymous_caller_is_asked_to_log_in_even_where_nothing_is(db: None) -> None:
    from django.contrib.auth.models import AnonymousUser

    with pytest.raises(LoginRequiredError):
        project_for(AnonymousUser(), "no-such-project")


def test_an_outsider_cannot_open_a_project_page(client: Client, cast: Cast) -> None:
    client.login(username=cast.outsider.username, password=PASSWORD)
    assert client.get("/projects/library/").status_code == 404
    assert client.get("/projects/library/settings/").status_code == 404


def test_an_annotator_cannot_open_the_settings(client: Client, cast: Cast) -> None:
    client.login(username=cast.annotator.username, password=PASSWORD)
    assert client.get("/projects/library/settings/").status_code == 403
    assert client.post("/projects/library/members/", {"user": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("queries/17/", "There is no query 17 in this project."),
        ("imports/17/", "There is no import 17 in this project."),
        ("snapshots/17/", "There is no snapshot 17 in this project."),
    ],
)
def test_what_is_not_there_is_named_in_a_sentence(
    client: Client, cast: Cast, path: str, sentence: str
) -> None:
    client.login(username=cast.viewer.username, password=PASSWORD)
    answer = client.get(f"/projects/library/{path}")
    assert answer.status_code == 404
    assert sentence in answer.content.decode()


def test_the_api_names_what_is_not_there(client: Client, cast: Cast) -> None:
    by = bearer(cast.owner)
    base = "/api/v1/projects/library/"
    query = client.get(f"{base}candidates/?query=17", **by)
    assert (query.status_code, query.json()["detail"]) == (
        404,
        "There is no query 17 in this project.",
    )
    member = client.delete(f"{base}members/nobody/", **by)
    assert member.json()["detail"] == "nobody is not a member of this project."
    refused = client.delete(base, **bearer(cast.manager))
    assert refused.json()["detail"] == (
        "Only owners may delete this project or decide who owns it; you are a manager here."
    )
