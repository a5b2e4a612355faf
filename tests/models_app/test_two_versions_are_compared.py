"""Two versions are compared: figures side by side, and what went in differently."""

from pathlib import Path

import pytest
from django.test import Client

from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast, bearer
from tests.models_app.published import publish

URL = "/api/v1/rerankers/library/finder/compare/"


def test_figures_stand_side_by_side_with_their_n(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", seed=1, model=0.85)
    body = client.get(URL, {"a": "1", "b": "v2"}, **bearer(cast.viewer)).json()
    (row,) = [
        row
        for row in body["metrics"]
        if (row["split"], row["system"], row["metric"]) == ("test", "model", "nDCG@10")
    ]
    assert (row["a"]["value"], row["b"]["value"], row["a"]["n"]) == (0.81, 0.85, 40)
    assert round(row["delta"], 6) == 0.04
    assert row["unit"] == "queries"
    assert body["same_snapshot"] is True
    assert [body[key]["version"] for key in "ab"] == [1, 2]


def test_only_what_differs_is_listed(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    lineage = {**version.lineage, "seed": 99}
    lineage["recipe"] = {**lineage["recipe"], "learning_rate": 1e-5}
    lineage["packages"] = {**lineage["packages"], "numpy": "2.4.6"}
    publish(cast.project, tmp_path / "b", lineage=lineage, snapshot_digest="6b" * 32)
    body = client.get(URL, {"a": "1", "b": "2"}, **bearer(cast.viewer)).json()
    assert body["recipe"] == [
        {"name": "learning_rate", "a": 5e-5, "b": 1e-5},
        {"name": "seed", "a": 0, "b": 99},
    ]
    assert body["packages"] == [{"name": "numpy", "a": None, "b": "2.4.6"}]
    assert [row["name"] for row in body["dataset"]] == ["snapshot_digest"]
    assert body["same_snapshot"] is False


def test_a_metric_that_one_version_lacks_is_null_there(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", metrics={})
    body = client.get(URL, {"a": "1", "b": "2"}, **bearer(cast.viewer)).json()
    assert body["metrics"]
    assert all(row["b"] is None and row["delta"] is None for row in body["metrics"])


def test_every_kind_of_revision_is_understood(client: Client, cast: Cast, version: Version) -> None:
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    names = ("main", "champion", "v1", "1", version.revision, version.revision[:7])
    for name in names:
        answer = client.get(URL, {"a": name, "b": "1"}, **bearer(cast.viewer))
        assert answer.json()["a"]["revision"] == version.revision
    for name in ("v2", "2", "challenger", version.revision[:6], "0" * 40, "٣"):
        answer = client.get(URL, {"a": name, "b": "1"}, **bearer(cast.viewer))
        assert answer.status_code == 404


def test_a_version_that_is_not_named_is_asked_for(
    client: Client, cast: Cast, version: Version
) -> None:
    for query, missing in (({}, ["a", "b"]), ({"a": "1"}, ["b"]), ({"a": "", "b": "1"}, ["a"])):
        answer = client.get(URL, query, **bearer(cast.viewer))
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        errors = answer.json()["errors"]
        assert {name: messages for name, (messages,) in errors.items()} == dict.fromkeys(
            missing, "Name a version: a number, a tag, an alias or a commit."
        )


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("7", "There is no version 7 of library/finder."),
        ("v7", "There is no version 7 of library/finder."),
        ("challenger", "There is no revision 'challenger' of library/finder."),
        ("c0ffee0", "There is no commit c0ffee0 of library/finder."),
    ],
)
def test_a_version_that_does_not_exist_is_named_in_a_sentence(
    client: Client, cast: Cast, version: Version, named: str, sentence: str
) -> None:
    answer = client.get(URL, {"a": "1", "b": named}, **bearer(cast.viewer))
    assert (answer.status_code, answer.json()["detail"]) == (404, sentence)
