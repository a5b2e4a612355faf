"""The registry is read through the API: rerankers, versions, files with sha256."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast, bearer
from tests.models_app.published import DIGEST, make_public, publish

BASE = "/api/v1/rerankers/"
FINDER = f"{BASE}library/finder/"


def test_a_member_lists_rerankers_with_their_repo_ids(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", seed=1)
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    body = client.get(BASE, **bearer(cast.viewer)).json()
    (row,) = body["results"]
    assert row["repo_id"] == "library/finder"
    assert isinstance(row["id"], str)
    assert row["newest"]["version"] == 2
    assert row["newest"]["ndcg_at_10_test"]["n"] == 40
    assert row["aliases"] == {"champion": 1}


def test_the_list_takes_the_same_queries_for_one_reranker_and_for_many(
    client: Client,
    cast: Cast,
    version: Version,
    tmp_path: Path,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for row in range(4):
        publish(cast.project, tmp_path / str(row), name=f"other{row}")
    token = bearer(cast.viewer)
    with django_assert_num_queries(5):
        assert len(client.get(BASE, **token).json()["results"]) == 5


def test_a_version_shows_metrics_lineage_and_files(
    client: Client, cast: Cast, version: Version
) -> None:
    body = client.get(f"{FINDER}versions/1/", **bearer(cast.viewer)).json()
    assert body["repo_id"] == "library/finder"
    assert (body["version"], body["tag"]) == (1, "v1")
    assert body["revision"] == version.revision
    assert body["snapshot_digest"] == body["lineage"]["snapshot"] == DIGEST
    assert body["job"] == str(version.job)
    assert body["metrics"]["test"]["model"]["nDCG@10"]["value"] == 0.81
    assert {f["path"]: f["sha256"] for f in body["files"]} == dict(
        version.artifacts.values_list("path", "sha256")
    )
    assert body["archive"] == f"{FINDER}versions/1/archive/"
    assert body["created_by"] == cast.manager.username


def test_versions_are_listed_newest_first(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", seed=1)
    body = client.get(f"{FINDER}versions/", **bearer(cast.viewer)).json()
    assert {row["version"] for row in body["results"]} == {1, 2}
    assert client.get(FINDER, **bearer(cast.viewer)).json()["newest"]["version"] == 2


def test_a_manager_opens_a_reranker_and_a_reviewer_does_not(
    client: Client, cast: Cast, version: Version
) -> None:
    change = {"public": True, "description": "Finds."}
    kind = "application/json"
    denied = client.patch(FINDER, change, content_type=kind, **bearer(cast.reviewer))
    assert denied.status_code == 403
    body = client.patch(FINDER, change, content_type=kind, **bearer(cast.manager)).json()
    assert (body["public"], body["description"]) == (True, "Finds.")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "versions/",
        "versions/1/",
        "versions/1/archive/",
        "versions/1/files/config.json",
        "versions/1/reviews/",
        "compare/?a=1&b=1",
        "aliases/champion/",
        "aliases/champion/history/",
    ],
)
def test_outsiders_get_404_and_the_anonymous_401_as_for_nothing(
    client: Client, cast: Cast, version: Version, path: str
) -> None:
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    token = bearer(cast.outsider)
    answers = []
    for base in (FINDER, f"{BASE}library/nothing/", f"{BASE}nobody/nothing/"):
        refused = client.get(base + path, **token)
        assert refused.status_code == 404
        anonymous = client.get(base + path)
        assert anonymous.status_code == 401
        assert anonymous["WWW-Authenticate"].startswith("Bearer")
        answers.append((refused.content, anonymous.content))
    assert len(set(answers)) == 1
    assert client.get(FINDER + path, **bearer(cast.viewer)).status_code == 200


def test_an_outsider_does_not_see_it_in_the_list(
    client: Client, cast: Cast, version: Version
) -> None:
    assert client.get(BASE, **bearer(cast.outsider)).json()["results"] == []
    assert client.get(BASE).status_code == 401


@pytest.mark.parametrize("path", ["versions/2/", "versions/2/archive/", "versions/1/files/no.json"])
def test_what_does_not_exist_is_404_for_members_too(
    client: Client, cast: Cast, version: Version, path: str
) -> None:
    answer = client.get(FINDER + path, **bearer(cast.viewer))
    assert answer.status_code == 404
    assert "library/finder" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["", "versions/1/", "versions/1/archive/", "compare/"])
def test_other_methods_are_refused(client: Client, cast: Cast, version: Version, path: str) -> None:
    assert client.delete(FINDER + path, **bearer(cast.owner)).status_code == 405
    assert client.post(FINDER + path, **bearer(cast.owner)).status_code == 405


def test_a_public_reranker_is_read_by_everybody_and_nothing_else_is(
    client: Client, cast: Cast, version: Version
) -> None:
    make_public(version.reranker)
    outsider = bearer(cast.outsider)
    for header in ({}, outsider):
        body = client.get(f"{FINDER}versions/1/", **header).json()
        assert body["metrics"]["test"]
        assert (body["job"], body["created_by"]) == (None, None)
        assert "job" not in body["lineage"]
        assert "host" not in body["lineage"]
        assert "snapshot" not in body["lineage"]
        assert client.get(f"{FINDER}versions/1/files/README.md", **header).status_code == 200
        assert client.get(f"{FINDER}versions/1/archive/", **header).status_code == 200
        for path in ("aliases/champion/history/", "versions/1/reviews/"):
            answer = client.get(FINDER + path, **header)
            # Exactly as for a reranker that does not exist.
            nothing = client.get(f"{BASE}nowhere/none/{path}", **header)
            assert answer.status_code == nothing.status_code == (404 if header else 401)
            assert answer.json() == nothing.json()
    assert client.get("/api/v1/projects/library/", **outsider).status_code == 404
    assert [r["repo_id"] for r in client.get(BASE, **outsider).json()["results"]] == [
        "library/finder"
    ]


def test_being_public_gives_no_outsider_a_right_to_change(
    client: Client, cast: Cast, version: Version
) -> None:
    make_public(version.reranker)
    url = f"{FINDER}aliases/champion/"
    move = {"version": 1, "reason": "x"}
    kind = "application/json"
    assert client.put(url, move, content_type=kind, **bearer(cast.outsider)).status_code == 404
    assert client.put(url, move, content_type=kind).status_code == 401


def test_the_list_is_filtered_and_searched(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", name="ranker")
    token = bearer(cast.viewer)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"{BASE}?{query}", **token).json()["results"]]

    assert names("search=RANK") == ["ranker"]
    assert names("project=library-elsewhere") == []
    assert sorted(names("project=library")) == ["finder", "ranker"]
