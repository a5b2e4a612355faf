"""The hub's answers to what is wrong: a status, a code that clients know, and nothing stored."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from typing import cast as typed

import pytest
from django.test import Client

from accounts.blobs import blob_path, blobs_stored
from accounts.services import project_create, project_delete
from models_app.models import Reranker, Upload, Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast, bearer
from tests.models_app.published import make_public, publish
from tests.models_app.pushed import commit, push, sent

API = "/api/models/library/finder"
FILES = "/library/finder/resolve"
LFS = "/library/finder.git/info/lfs/objects"


def body(answer: Any) -> bytes:
    if answer.streaming:
        return b"".join(typed("Iterable[bytes]", answer.streaming_content))
    return bytes(answer.content)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{FILES}/v9/config.json", 404, "RevisionNotFound"),
        (f"{FILES}/none/config.json", 404, "RevisionNotFound"),
        (f"{FILES}/refs%2Fpr%2F1/config.json", 404, "RevisionNotFound"),
        (f"{FILES}/{'0' * 40}/config.json", 404, "RevisionNotFound"),
        (f"{FILES}/v1/none.json", 404, "EntryNotFound"),
        (f"{FILES}/v1/../../config.json", 404, "EntryNotFound"),
        (f"{FILES}/v1/..%2F..%2Fetc%2Fpasswd", 404, "EntryNotFound"),
        (f"{FILES}/v1//etc/passwd", 404, "EntryNotFound"),
        ("/library/none/resolve/v1/config.json", 404, "RepoNotFound"),
        ("/none/finder/resolve/v1/config.json", 404, "RepoNotFound"),
        (f"{API}/revision/v9", 404, "RevisionNotFound"),
        (f"{API}/tree/v1/none", 404, "EntryNotFound"),
        ("/api/models/library/none", 404, "RepoNotFound"),
    ],
)
def test_what_is_not_there_is_named_in_the_clients_words(
    client: Client, cast: Cast, version: Version, path: str, status: int, code: str
) -> None:
    for method in (client.get, client.head):
        answer = method(path, **bearer(cast.viewer))
        assert (answer.status_code, answer["X-Error-Code"]) == (status, code)
        assert answer["X-Error-Message"]
        assert ("X-Repo-Commit" in answer) == (code == "EntryNotFound")
        assert not any(name.lower().startswith("x-xet") for name in answer.headers)
    found = client.get(path, **bearer(cast.outsider))
    assert (found.status_code, found["X-Error-Code"]) == (404, "RepoNotFound")
    anonymous = client.get(path)
    assert (anonymous.status_code, anonymous["X-Error-Code"]) == (401, "RepoNotFound")


@pytest.mark.parametrize("team", ["..", "%2e%2e", "library%00", "a" * 300, "-x", "lib rary", "é"])
def test_a_crafted_name_is_nothing(client: Client, cast: Cast, version: Version, team: str) -> None:
    for path in (f"/{team}/finder/resolve/v1/config.json", f"/api/models/{team}/finder"):
        assert client.get(path, **bearer(cast.viewer)).status_code == 404


def test_a_token_that_does_not_hold_is_told_from_a_repository_that_is_none(
    client: Client, version: Version
) -> None:
    for path in (f"{FILES}/v1/config.json", API, "/api/whoami-v2"):
        answer = client.get(path, headers={"Authorization": "Bearer nothing"})
        assert answer.status_code == 401
        assert answer["X-Error-Message"] == "Invalid credentials in Authorization header"
        assert "X-Error-Code" not in answer


def test_a_part_of_a_file_is_sent_and_nothing_beyond_its_end(
    client: Client, cast: Cast, version: Version
) -> None:
    path = f"{FILES}/v1/model.safetensors"
    whole = client.get(path, **bearer(cast.viewer))
    data = body(whole)
    size, etag = len(data), whole["ETag"]
    assert whole["Content-Length"] == str(size)
    assert etag == f'"{hashlib.sha256(data).hexdigest()}"'
    assert whole["X-Repo-Commit"] == version.revision
    for asked, first, last in (
        ("bytes=10-19", 10, 19), ("bytes=10-", 10, size - 1), ("bytes=-7", size - 7, size - 1),
        (f"bytes=0-{size + 50}", 0, size - 1), (f"bytes=-{size + 50}", 0, size - 1),
    ):  # fmt: skip
        part = client.get(path, headers={"Range": asked}, **bearer(cast.viewer))
        assert part.status_code == 206
        assert part["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert part["Content-Length"] == str(last - first + 1)
        assert body(part) == data[first : last + 1]
        head = client.head(path, headers={"Range": asked}, **bearer(cast.viewer))
        assert (head["Content-Length"], head.content) == (part["Content-Length"], b"")
    for asked in (f"bytes={size}-", f"bytes={size + 5}-{size + 9}"):
        beyond = client.get(path, headers={"Range": asked}, **bearer(cast.viewer))
        assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{size}")
    other = {"Range": "bytes=10-19", "If-Range": '"another"'}
    for headers in (other, {"Range": "bytes=19-10"}, {"Range": "lines=1-2"}, {"Range": "bytes=x"}):
        answer = client.get(path, headers=headers, **bearer(cast.viewer))
        assert (answer.status_code, len(body(answer))) == (200, size)
    held = client.get(path, headers={"If-None-Match": etag}, **bearer(cast.viewer))
    assert held.status_code == 304


def test_a_damaged_file_is_not_sent(client: Client, cast: Cast, version: Version) -> None:
    sha256 = version.artifacts.get(path="model.safetensors").sha256
    stored = blob_path(sha256)
    assert stored is not None
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.chmod(0o640)
    stored.write_bytes(data)
    answer = client.get(f"{FILES}/v1/model.safetensors", **bearer(cast.viewer))
    assert answer.status_code == 503
    assert "damaged" in answer["X-Error-Message"]
    stored.unlink()
    answer = client.get(f"{FILES}/v1/model.safetensors", **bearer(cast.viewer))
    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"", 400, "config.json is missing"),
        (b"not json\n", 400, "not JSON"),
        (commit(sent("../../evil.json", b"{}")), 400, "does not lead to a file"),
        (commit(sent("/etc/evil.json", b"{}")), 400, "does not lead to a file"),
        (commit(sent(".git/config", b"x")), 400, "hidden files"),
        (commit(sent("pytorch_model.bin", b"\x80\x04N.")), 400, "pickles run code"),
        (commit(sent("modeling.py", b"import os")), 400, "code is never published"),
        (commit(sent("config.json", b"{")), 400, "not valid JSON"),
        (commit(sent("model.safetensors", b"nothing")), 400, "not a safetensors file"),
        (commit(sent("README.md", b"---\n: [\n---\n")), 400, "not YAML"),
        (commit(sent("README.md", b"<script>alert(1)</script>\n")), 400, "<script>"),
        (commit(sent("README.md", b"\xff\xfe")), 400, "not UTF-8"),
        (
            commit(("lfsFile", {"path": "model.safetensors", "oid": "ab" * 32, "size": 5})),
            400, "was not sent",
        ),
        (commit(("deletedFile", {"path": "none.json"})), 400, "no such file to remove"),
        (
            commit(sent("a.json", b"{}"), sent("a.json/b.json", b"{}")),
            400, "a file and a folder",
        ),
        (commit(sent("\u00e4" * 200 + ".json", b"{}")), 400, "too long"),
        (commit(("copyFile", {"path": "a.json"})), 400, "no operation"),
        (commit(("file", {"path": "a.json", "content": "####"})), 400, "no base64"),
    ],
)  # fmt: skip
def test_a_commit_that_is_wrong_stores_nothing(
    client: Client, cast: Cast, version: Version, data: bytes, status: int, said: str
) -> None:
    known = set(blobs_stored())
    if not data:
        reranker = Reranker.objects.create(project=cast.project, name="empty")
        answer = push(client, cast, data, f"/api/models/{reranker.repo_id}/commit/main")
    else:
        answer = push(client, cast, data)
    assert answer.status_code == status
    assert said in answer["X-Error-Message"], answer["X-Error-Message"]
    assert Version.objects.count() == 1
    assert set(blobs_stored()) == known


def test_what_is_no_list_of_files_is_refused_in_words(
    client: Client, cast: Cast, version: Version
) -> None:
    batch = {"operation": "upload"}
    for path, body in (
        (f"{API}/preupload/main", {"files": 5}), (f"{API}/preupload/main", {"files": [5]}),
        (f"{API}/preupload/main", [5]), (f"{LFS}/batch", {**batch, "objects": 5}),
        (f"{LFS}/batch", {**batch, "objects": ["x"]}), (f"{LFS}/batch", {}),
    ):  # fmt: skip
        kind = {"content_type": "application/json", **bearer(cast.manager)}
        answer = client.post(path, json.dumps(body), **kind)
        assert answer.status_code == 400, (path, body)
    nothing = client.post(f"{LFS}/verify", "{}", content_type="application/json",
                          **bearer(cast.manager))  # fmt: skip
    assert nothing.status_code == 404


def test_an_address_to_send_to_ends_with_its_sender_and_its_reranker(
    client: Client, cast: Cast, version: Version
) -> None:
    oid = hashlib.sha256(b"x").hexdigest()
    asked = {"operation": "upload", "objects": [{"oid": oid, "size": 1}]}
    kind = {"content_type": "application/vnd.git-lfs+json", **bearer(cast.manager)}
    answer = client.post(f"{LFS}/batch", json.dumps(asked), **kind).json()
    href = answer["objects"][0]["actions"]["upload"]["href"]
    cast.manager.is_active = False
    cast.manager.save(update_fields=["is_active"])
    assert client.put(href, b"x", content_type="application/octet-stream").status_code == 403
    cast.manager.is_active = True
    cast.manager.save(update_fields=["is_active"])
    project_delete(project=cast.project)
    assert client.put(href, b"x", content_type="application/octet-stream").status_code == 403
    assert not Upload.objects.exists()


def test_a_file_sent_ahead_must_be_what_it_was_announced_to_be(
    client: Client, cast: Cast, version: Version
) -> None:
    content, known = b"bytes" * 100, set(blobs_stored())
    oid = hashlib.sha256(content).hexdigest()
    asked = {"operation": "upload", "transfers": ["basic"], "objects": [
        {"oid": oid, "size": len(content)}, {"oid": "x", "size": 5}, {"oid": oid, "size": -1},
    ]}  # fmt: skip
    kind = {"content_type": "application/vnd.git-lfs+json", **bearer(cast.manager)}
    answer = client.post(f"{LFS}/batch", json.dumps(asked), **kind)
    good, *bad = answer.json()["objects"]
    assert [each["error"]["code"] for each in bad] == [422, 422]
    href = good["actions"]["upload"]["href"]
    verify = json.dumps({"oid": oid, "size": len(content)})
    for wrong in (content + b"x", content[:-1], b"other" * 100, b""):
        refused = client.put(href, wrong, content_type="application/octet-stream")
        assert refused.status_code == 400
        assert client.post(f"{LFS}/verify", verify, **kind).status_code == 404
    assert not Upload.objects.exists()
    assert set(blobs_stored()) == known
    forged = client.put(f"{LFS}/{'x' * 60}", content, content_type="application/octet-stream")
    assert forged.status_code == 403
    assert client.put(href, content, content_type="application/octet-stream").status_code == 200
    assert client.post(f"{LFS}/verify", verify, **kind).status_code == 200
    again = client.post(f"{LFS}/batch", json.dumps(asked), **kind).json()["objects"][0]
    assert "actions" not in again


def test_a_name_of_another_projects_file_is_no_right_to_it(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    secret = version.artifacts.get(path="model.safetensors")
    spy = project_create(slug="spy", name="Spy", owner=cast.outsider)
    Reranker.objects.create(project=spy, name="copy")
    data = commit(
        sent("config.json", b"{}"),
        ("lfsFile", {"path": "model.safetensors", "oid": secret.sha256, "size": secret.size}),
    )
    answer = client.post(
        "/api/models/spy/copy/commit/main", data, content_type="application/x-ndjson",
        **bearer(cast.outsider),
    )  # fmt: skip
    assert answer.status_code == 400
    assert "was not sent" in answer["X-Error-Message"]


def test_a_version_that_was_rolled_back_says_so_to_its_consumers(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    second = publish(cast.project, tmp_path / "second", seed=1)
    reranker = version.reranker
    for each in (version, second, version):
        alias_move(
            reranker=reranker, name="champion", version=each, reason="Try.", moved_by=cast.manager
        )
    make_public(reranker)
    warned = client.get(f"{FILES}/v2/config.json")
    assert warned["X-HF-Warning"] == (
        "rolled-back library/finder@v2; library/finder@v2 was rolled back to v1; load champion"
        " instead."
    )
    assert client.get(f"{API}/revision/v2")["X-HF-Warning"] == warned["X-HF-Warning"]
    for path in (f"{FILES}/v1/config.json", f"{API}/revision/champion"):
        assert "X-HF-Warning" not in client.get(path)
    alias_move(
        reranker=reranker, name="champion", version=second, reason="Better.", moved_by=cast.manager
    )
    assert "X-HF-Warning" not in client.get(f"{FILES}/v2/config.json")


def test_downloads_are_counted_once_for_whoever_loads_a_model(
    client: Client, cast: Cast, version: Version
) -> None:
    make_public(version.reranker)
    for path in ("config.json", "model.safetensors", "vocab.txt"):
        client.head(f"{FILES}/v1/{path}")
        body(client.get(f"{FILES}/v1/{path}"))
    client.get(f"{FILES}/v1/config.json", headers={"Range": "bytes=5-"})
    assert client.get(API).json()["downloads"] == 1
    body(client.get("/api/v1/rerankers/library/finder/versions/1/archive/"))
    assert client.get("/api/models").json()[0]["downloads"] == 2
