"""Whoever may see the labels of a project gets the files behind a digest, and can check them."""

import hashlib
import json
from typing import Any

import pytest
from django.core.files.storage import storages
from django.http import StreamingHttpResponse
from django.test import Client

from annotate.models import Snapshot
from annotate.models.snapshots import FILES
from annotate.serializers import SnapshotFile, SnapshotOutput, SnapshotStatistics
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.factory import Cast, bearer, make_candidate, make_label, make_passage, make_query

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/projects/library/snapshots/"


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    for name in ("apples", "bananas", "cherries"):
        query = make_query(cast.project, f"What of {name}?", name)
        make_label(make_candidate(query, make_passage(cast.project, f"{name} ☃", name)), 1)
    made = snapshot_create(
        project=cast.project, created_by=None, splits={"train": 0.4, "dev": 0.3, "test": 0.3}
    )
    snapshot_freeze(snapshot_id=made.pk)
    made.refresh_from_db()
    return made


def body(answer: Any) -> bytes:
    assert isinstance(answer, StreamingHttpResponse)
    return answer.getvalue()


def test_each_file_comes_as_it_was_hashed(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    reviewer = bearer(cast.reviewer, scope="read")
    shown = client.get(f"{PATH}{snapshot.digest}/", **reviewer).json()
    assert sorted(shown["files"]) == sorted(FILES)
    for name, file in shown["files"].items():
        answer = client.get(file["url"], **reviewer)
        content = body(answer)
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["size"] == int(answer["Content-Length"])
        assert answer["ETag"] == f'"{file["sha256"]}"'
        kind = "application/json" if name == "manifest.json" else "application/x-ndjson"
        assert answer["Content-Type"] == kind
        assert name in answer["Content-Disposition"]
        held = client.get(file["url"], **reviewer, HTTP_IF_NONE_MATCH=answer["ETag"])
        assert (held.status_code, held.content) == (304, b"")


def test_the_digest_can_be_recomputed_from_the_manifest(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    path = f"{PATH}{snapshot.digest}/files/manifest.json/"
    manifest = json.loads(body(client.get(path, **bearer(cast.reviewer))))
    digest = manifest.pop("digest")
    plain = json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(plain.encode()).hexdigest() == digest == snapshot.digest
    for name, file in manifest["files"].items():
        path = f"{PATH}{snapshot.digest}/files/{name}/"
        lines = body(client.get(path, **bearer(cast.reviewer))).splitlines()
        seals = "".join(f"{hashlib.sha256(line).hexdigest()}\n" for line in lines)
        assert hashlib.sha256(seals.encode()).hexdigest() == file["root"]
        assert len(lines) == file["records"]


def test_the_page_links_each_file(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    client.force_login(cast.reviewer)
    page = client.get(f"/projects/library/snapshots/{snapshot.pk}/").content.decode()
    for name in FILES:
        path = f"{PATH}{snapshot.pk}/files/{name}/"
        assert f'<a href="{path}">{name}</a>' in page
        assert client.get(path).status_code == 200
        assert snapshot.files[name]["sha256"] in page


def test_only_members_get_them(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    path = f"{PATH}{snapshot.pk}/files/train.jsonl/"
    assert client.get(path).status_code == 401
    assert client.get(path, **bearer(cast.outsider)).status_code == 404
    assert client.post(path, {}, **bearer(cast.owner)).status_code == 405


def test_what_is_no_file_of_it_is_404(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    waiting = snapshot_create(project=cast.project, created_by=None)
    for path in (
        f"{PATH}{snapshot.pk}/files/secrets.json/",
        f"{PATH}{snapshot.pk}/files/..%2Ftrain.jsonl/",
        f"{PATH}{waiting.pk}/files/train.jsonl/",
        f"{PATH}999999/files/train.jsonl/",
    ):
        assert client.get(path, **bearer(cast.owner)).status_code == 404, path


def test_a_blind_annotator_learns_no_label_from_them(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    assert cast.project.blind
    path = f"{PATH}{snapshot.pk}/files/train.jsonl/"
    assert client.get(path, **bearer(cast.annotator)).status_code == 403
    assert client.get(path, **bearer(cast.reviewer)).status_code == 200
    client.force_login(cast.annotator)
    page = client.get(f"/projects/library/snapshots/{snapshot.pk}/").content.decode()
    assert "train.jsonl" not in page


def test_a_file_that_the_storage_lost_is_503_before_anything_is_sent(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    sha256 = snapshot.files["test.jsonl"]["sha256"]
    storages["blobs"].delete(f"{sha256[:2]}/{sha256[2:4]}/{sha256}")
    answer = client.get(f"{PATH}{snapshot.pk}/files/test.jsonl/", **bearer(cast.owner))
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_not_ready_has_no_statistics_and_no_files(client: Client, cast: Cast) -> None:
    waiting = snapshot_create(project=cast.project, created_by=cast.manager)
    shown = client.get(f"{PATH}{waiting.pk}/", **bearer(cast.viewer)).json()
    assert (shown["statistics"], shown["files"], shown["findings"]) == (None, {}, [])
    assert shown["policy"] == {"resolve": "majority", "soft": False, "first_stage_run": None}


def test_statistics_findings_and_files_are_as_the_schema_types_them(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    shown = client.get(f"{PATH}{snapshot.pk}/", **bearer(cast.viewer)).json()
    assert SnapshotStatistics(shown["statistics"]).data == shown["statistics"]
    for file in shown["files"].values():
        assert SnapshotFile(file).data == file
    assert set(shown) == set(SnapshotOutput().fields)


def test_the_schema_says_what_a_snapshot_is_made_of(client: Client, snapshot: Snapshot) -> None:
    schema = client.get("/api/schema/?format=json").json()["components"]["schemas"]

    def untyped(of: dict[str, Any], path: str) -> list[str]:
        if "$ref" in of:
            return untyped(schema[of["$ref"].rpartition("/")[2]], path)
        inner = [each for key in ("allOf", "oneOf", "anyOf") for each in of.get(key, [])]
        inner += [of[key] for key in ("items", "additionalProperties") if of.get(key)]
        named = [(value, f"{path}.{key}") for key, value in of.get("properties", {}).items()]
        wrong = [] if inner or named or of.get("type") not in (None, "object") else [path]
        wrong = [] if "enum" in of or "const" in of else wrong
        return wrong + [at for each, where in [(i, path) for i in inner] + named
                        for at in untyped(each, where)]  # fmt: skip

    assert untyped(schema["SnapshotOutput"], "") == []
    assert untyped(schema["SnapshotInput"], "") == []
    policy = schema["SnapshotPolicyInput"]["properties"]
    assert set(policy) == {"resolve", "soft", "trust", "first_stage_run"}
    assert all(each["description"] for each in policy.values())
    assert snapshot.ready
