"""What PostgreSQL or UTF-8 has no text for, and digits that are no number, are refused; no 500."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from tests.accounts.scheme_forms import new_project
from tests.factory import PASSWORD, Cast, bearer

JSON = "application/json"
API = "/api/v1/projects/library/"
HALF = "\ud83d"  # of a surrogate pair


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/projects/a%00b/", 404),
        ("/api/v1/rerankers/a%00/b/", 404),
        ("/api/a%00", 404),
        (f"{API}queries/?q=a%00b", 400),
        (f"{API}queries/?a%00=b", 400),
        ("/api/v1/rerankers/?search=a%00b", 400),
    ],
)
def test_nul_in_an_address_of_the_api_is_a_problem(
    client: Client, cast: Cast, path: str, status: int
) -> None:
    answer = client.get(path, **bearer(cast.owner))
    assert answer.status_code == answer.json()["status"] == status
    assert answer["Content-Type"] == "application/problem+json"
    assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/projects/a%00b/", "/projects/library/queries/?q=a%00b", "/rerankers/?q=a%00", "/?a%00=1"],
)
def test_nul_in_the_address_of_a_page_is_the_404_page(
    client: Client, cast: Cast, path: str
) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()
    assert "library-owner" in answer.content.decode()


def test_nul_in_a_cookie_is_no_session(client: Client, cast: Cast) -> None:
    answer = client.get("/", HTTP_COOKIE='sessionid="a\\000b"')
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("bad", ["\0", HALF])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", API, {"name": "?"}),
        ("patch", API, {"guidelines": "?"}),
        ("patch", API, {"?": "x"}),
        ("patch", API, {"label_scheme": {"grades": [{"value": 0, "name": "?"}]}}),
        ("post", "/api/v1/projects/", {"slug": "?", "name": "N"}),
        ("post", f"{API}members/", {"user": "?", "role": "viewer"}),
        ("post", f"{API}members/", {"user": "library-viewer", "role": "?"}),
        ("post", f"{API}snapshots/", {"splits": {"?": 1}}),
        ("post", "/api/v1/training-jobs/", {"project": "library", "kind": "?"}),
    ],
)
def test_what_is_no_text_is_refused_in_json(
    client: Client, cast: Cast, bad: str, method: str, path: str, body: dict[str, Any]
) -> None:
    sent = json.dumps(body).replace("?", json.dumps(bad)[1:-1])
    answer = getattr(client, method)(path, sent, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects/library/settings/", {"name": "a\0", "overlap": 1}),
        ("/projects/library/members/", {"user": "a\0", "role": "viewer"}),
        ("/projects/library/members/", {"user": "library-viewer", "role": "a\0"}),
        ("/projects/library/delete/", {"slug": "library\0"}),
        ("/projects/new/", new_project(slug="a\0")),
        ("/projects/new/", new_project({"value": "1", "name": "\0"})),
        ("/tokens/", {"name": "a\0", "scope": "read"}),
        ("/accounts/login/", {"username": "a\0", "password": "b\0"}),
    ],
)
def test_nul_in_a_form_changes_nothing(
    client: Client, cast: Cast, path: str, body: dict[str, Any]
) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.post(path, body, follow=True)
    assert answer.status_code == 200
    text = answer.content.decode()
    said = ("Null characters", "no user of this name", "NUL", "Select a valid choice")
    assert any(each in text for each in said)


@pytest.mark.parametrize("value", ["²", "9" * 5000, "10", "-1", "1.5"])
def test_what_is_no_grade_is_an_error_of_its_field(client: Client, cast: Cast, value: str) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.post("/projects/new/", new_project({"value": value, "name": "Yes"}))
    assert answer.status_code == 200
    [message] = answer.context["forms"][1].errors["value"]
    assert "whole number" in message or "than or equal to" in message
    assert not Project.objects.filter(slug="fresh").exists()
