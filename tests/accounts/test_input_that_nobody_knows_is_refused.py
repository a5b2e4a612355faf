"""A key or query parameter that a call does not know is a 400 that names it: no typo is lost."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotate.models import Judgment
from tests.factory import Cast, bearer, make_queue

JSON = "application/json"
BASE = "/api/v1/projects/"


def test_a_misspelt_setting_changes_nothing(client: Client, cast: Cast) -> None:
    body = {"name": "Other", "ovrlap": 3}
    answer = client.patch(f"{BASE}library/", body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["ovrlap"]
    assert "overlap" in answer.json()["errors"]["ovrlap"][0]
    cast.project.refresh_from_db()
    assert cast.project.name == "Library"


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("", {"slug": "fresh", "name": "N", "blnd": True}, ["blnd"]),
        ("library/members/", {"user": "x", "role": "viewer", "rol": 1}, ["user", "rol"]),
        ("library/snapshots/", {"seeed": 1}, ["seeed"]),
        ("library/tasks/lease/", {"cuont": 2}, ["cuont"]),
        ("library/judgments/", {"judgments": [], "dry": True}, ["dry"]),
    ],
)
def test_every_call_names_the_unknown_key(
    client: Client, cast: Cast, path: str, body: dict[str, Any], named: list[str]
) -> None:
    answer = client.post(BASE + path, body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == named


def test_an_unknown_key_deep_inside_is_named_where_it_is(client: Client, cast: Cast) -> None:
    grades = [{"value": 0, "name": "No"}, {"value": 1, "name": "Yes", "gian": 3}]
    body = {"label_scheme": {"grades": grades}}
    answer = client.patch(f"{BASE}library/", body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]["label_scheme"]["grades"]["1"]) == ["gian"]


def test_an_import_names_an_unknown_wish(client: Client, cast: Cast) -> None:
    file = SimpleUploadedFile("pairs.csv", b"query,passage\na,b\n")
    body = {"file": file, "on_conflikt": "last"}
    answer = client.post(f"{BASE}library/imports/", body, **bearer(cast.manager))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["on_conflikt"]
    assert not cast.project.imports.exists()


def test_a_judgment_with_an_unknown_key_is_not_recorded(client: Client, cast: Cast) -> None:
    candidate = make_queue(cast.project)[0]
    client.post(f"{BASE}library/tasks/lease/", {"count": 1}, JSON, **bearer(cast.annotator))
    answer = {"id": str(uuid.uuid4()), "candidate": str(candidate.pk), "grade": 1, "comented": "x"}
    body = {"judgments": [answer]}
    result = client.post(f"{BASE}library/judgments/", body, JSON, **bearer(cast.annotator))
    assert result.status_code == 200
    assert result.json()["results"][0]["status"] == "invalid"
    assert "comented" in result.json()["results"][0]["message"]
    assert not Judgment.objects.exists()


def test_a_slug_cannot_be_changed_and_says_why(client: Client, cast: Cast) -> None:
    answer = client.patch(f"{BASE}library/", {"slug": "other"}, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert "team of the published models" in answer.json()["errors"]["slug"][0]


def test_what_the_server_sets_cannot_be_sent(client: Client, cast: Cast) -> None:
    body = {"created_at": "2020-01-01T00:00:00Z"}
    answer = client.patch(f"{BASE}library/", body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["created_at"]


@pytest.mark.parametrize(
    "path",
    [
        BASE, f"{BASE}library/members/", f"{BASE}library/queries/", f"{BASE}library/candidates/",
        f"{BASE}library/imports/", f"{BASE}library/snapshots/", f"{BASE}library/export/",
        "/api/v1/training-jobs/", "/api/v1/rerankers/",
    ],
)  # fmt: skip
def test_every_list_names_an_unknown_parameter(client: Client, cast: Cast, path: str) -> None:
    answer = client.get(f"{path}?serach=x", **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["serach"]
    known = answer.json()["errors"]["serach"][0]
    if "export" not in path:
        assert all(name in known for name in ("cursor", "order", "page_size")), known


def test_a_filter_that_is_none_is_refused(client: Client, cast: Cast) -> None:
    answer = client.get(f"{BASE}library/queries/?show=opened", **bearer(cast.owner))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["show"]
