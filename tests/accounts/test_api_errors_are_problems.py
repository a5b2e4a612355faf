"""Whatever goes wrong below /api/ is a problem body with the right status; pages stay pages."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factory import Cast, bearer

pytestmark = pytest.mark.django_db
JSON = "application/json"
PROJECTS = "/api/v1/projects/"


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("levels", [101, 990, 200_000])
def test_json_that_is_too_deep_is_refused(cast: Cast, levels: int) -> None:
    client = Client(raise_request_exception=False)
    body = f'{{"slug": "x", "name": {deep(levels)}}}'
    for answer in (
        client.post(PROJECTS, body, JSON, **bearer(cast.owner)),
        client.patch(f"{PROJECTS}library/", body, JSON, **bearer(cast.owner)),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        assert "levels deep" in answer.json()["detail"]


@pytest.mark.parametrize("mapping", [deep(200_000), f'{{"a": {deep(200)}}}'])
def test_a_form_with_json_that_is_too_deep_is_refused(cast: Cast, mapping: str) -> None:
    file = SimpleUploadedFile("pairs.csv", b"query,passage\na,b\n")
    client = Client(raise_request_exception=False)
    body = {"file": file, "mapping": mapping}
    answer = client.post(f"{PROJECTS}library/imports/", body, **bearer(cast.manager))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["mapping"])


def test_what_is_as_deep_as_a_call_needs_is_read(client: Client, cast: Cast) -> None:
    answer = client.post(PROJECTS, f'{{"slug": {deep(90)}}}', JSON, **bearer(cast.owner))
    assert "slug" in answer.json()["errors"]


def test_a_body_that_is_too_large_is_413(client: Client, cast: Cast) -> None:
    body = {"slug": "x", "name": "x" * (11 << 20)}
    answer = client.post(PROJECTS, body, JSON, **bearer(cast.owner))
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["status"] == 413


def test_a_host_that_is_none_of_ours_is_400(client: Client) -> None:
    answer = client.get(PROJECTS, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_crash_is_a_problem_and_its_traceback_is_logged(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*args: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("accounts.selectors.projects_of", crash)
    monkeypatch.setattr("accounts.selectors.memberships_of", crash)
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.ERROR):
        answer = client.get(PROJECTS, **bearer(cast.owner))
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert "a bug of ours" not in answer.content.decode()
    assert "ZeroDivisionError: a bug of ours" in caplog.text
    assert "Traceback" in caplog.text
    client.force_login(cast.owner)
    page = client.get("/")
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")


def leaves(errors: Any) -> Iterator[Any]:
    if isinstance(errors, dict):
        for inner in errors.values():
            yield from leaves(inner)
    else:
        yield errors


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/training-jobs/", {"project": "library", "recipe": {"max_length": 0, "x": 1}}),
        ("/api/v1/training-jobs/", {"project": "library", "recipe": []}),
        ("/api/v1/training-jobs/", {"project": "library", "recipe": {"seed": 2**40}}),
        (f"{PROJECTS}library/snapshots/", {"splits": {"train": 3}, "seed": -1}),
        (PROJECTS, {"slug": "x", "name": "X", "label_scheme": {"grades": [{"value": 0}, 3]}}),
        (PROJECTS, {"slug": "x", "name": "X", "label_scheme": {"grades": [{"value": 0}]}}),
    ],
)
def test_errors_are_lists_of_messages(
    client: Client, cast: Cast, path: str, body: dict[str, Any]
) -> None:
    answer = client.post(path, body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400, answer.content
    found = list(leaves(answer.json()["errors"]))
    assert found
    for messages in found:
        assert isinstance(messages, list), answer.json()
        assert all(isinstance(message, str) and message for message in messages), answer.json()
    assert "e+0" not in json.dumps(answer.json())
    assert isinstance(answer.json()["detail"], str)
