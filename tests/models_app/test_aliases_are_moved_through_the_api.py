"""Aliases are moved through the API by managers and owners, for a reason; reviews are added."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from models_app.models import Alias, AliasMove, Version
from tests.factory import Cast, bearer
from tests.models_app.published import publish

FINDER = "/api/v1/rerankers/library/finder/"
CHAMPION = f"{FINDER}aliases/champion/"
REVIEWS = f"{FINDER}versions/1/reviews/"


def put(client: Client, user: User, url: str = CHAMPION, **body: Any) -> Any:
    return client.put(url, body, content_type="application/json", **bearer(user))


def test_a_manager_moves_the_champion_and_back(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", seed=1)
    assert put(client, cast.manager, version=1, reason="first").json()["version"] == 1
    moved = put(client, cast.owner, version="v2", reason="better", expected=1)
    assert moved.status_code == 200
    assert (moved.json()["alias"], moved.json()["version"]) == ("champion", 2)
    put(client, cast.owner, version="1", reason="roll back")
    log = client.get(f"{CHAMPION}history/", **bearer(cast.viewer)).json()["results"]
    assert [(m["from_version"], m["to_version"], m["reason"], m["moved_by"]) for m in log] == [
        (2, 1, "roll back", "library-owner"),
        (1, 2, "better", "library-owner"),
        (None, 1, "first", "library-manager"),
    ]
    assert client.get(CHAMPION, **bearer(cast.viewer)).json()["version"] == 1


@pytest.mark.parametrize("role", ["reviewer", "annotator", "viewer"])
def test_other_roles_may_not_move(client: Client, cast: Cast, version: Version, role: str) -> None:
    answer = put(client, getattr(cast, role), version=1, reason="x")
    assert answer.status_code == 403
    assert role in answer.json()["detail"]
    assert not Alias.objects.exists()


def test_a_read_token_may_not_move(client: Client, cast: Cast, version: Version) -> None:
    answer = client.put(
        CHAMPION,
        {"version": 1, "reason": "x"},
        content_type="application/json",
        **bearer(cast.owner, "read"),
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("alias", "body", "status", "field"),
    [
        ("main", {"version": 1, "reason": "x"}, 400, "alias"),
        ("v3", {"version": 1, "reason": "x"}, 400, "alias"),
        ("deadbeef", {"version": 1, "reason": "x"}, 400, "alias"),
        ("champion", {"version": 1}, 400, "reason"),
        ("champion", {"version": 1, "reason": "  "}, 400, "reason"),
        ("champion", {"reason": "x"}, 400, "version"),
        ("champion", {"version": 9, "reason": "x"}, 404, None),
        ("champion", {"version": 1, "reason": "x", "expected": 4}, 409, None),
        ("champion", {"version": [], "reason": "x"}, 400, "version"),
    ],
)
def test_a_bad_move_is_refused_with_its_reason(
    client: Client,
    cast: Cast,
    version: Version,
    alias: str,
    body: dict[str, Any],
    status: int,
    field: str | None,
) -> None:
    answer = put(client, cast.owner, f"{FINDER}aliases/{alias}/", **body)
    assert answer.status_code == status, answer.content
    if field:
        assert field in answer.json()["errors"]
    assert not AliasMove.objects.exists()


def test_an_alias_that_is_nowhere_is_404(client: Client, cast: Cast, version: Version) -> None:
    assert client.get(CHAMPION, **bearer(cast.viewer)).status_code == 404
    assert client.delete(CHAMPION, **bearer(cast.owner)).status_code == 405


def test_a_reviewer_reviews_and_an_annotator_does_not(
    client: Client, cast: Cast, version: Version
) -> None:
    body = {"verdict": "approve", "comment": "Ranks the manual first."}
    made = client.post(REVIEWS, body, content_type="application/json", **bearer(cast.reviewer))
    assert made.status_code == 201
    assert made.json()["reviewer"] == "library-reviewer"
    denied = client.post(REVIEWS, body, content_type="application/json", **bearer(cast.annotator))
    assert denied.status_code == 403
    listed = client.get(REVIEWS, **bearer(cast.annotator)).json()["results"]
    assert [row["comment"] for row in listed] == ["Ranks the manual first."]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"verdict": "great"}, "verdict"), ({"verdict": "reject"}, "comment"), ({}, "verdict")],
)
def test_a_review_without_sense_is_refused(
    client: Client, cast: Cast, version: Version, body: dict[str, str], field: str
) -> None:
    answer = client.post(REVIEWS, body, content_type="application/json", **bearer(cast.owner))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
