"""An archive is the version: streamed, of known length, the same bytes every time, and it loads."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from typing import cast as typed

import numpy as np
import pytest
from django.core.files.storage import storages
from django.http import StreamingHttpResponse
from django.test import Client

from models_app.archive import Entry, zip_blocks, zip_size
from models_app.integrity import DamagedError, version_check
from models_app.models import Artifact, Version
from tests.factory import Cast, bearer
from tests.models_app.published import DIGEST, publish

ARCHIVE = "/api/v1/rerankers/library/finder/versions/1/archive/"


def fetch(client: Client, cast: Cast, held: str = "") -> tuple[Any, bytes]:
    """Return the answer and its whole body; `held` is an ETag that the client has already."""
    answer: Any = client.get(ARCHIVE, headers={"If-None-Match": held}, **bearer(cast.viewer))
    if isinstance(answer, StreamingHttpResponse):
        return answer, b"".join(typed("Iterable[bytes]", answer.streaming_content))
    return answer, answer.content


def test_it_holds_every_file_and_a_manifest(client: Client, cast: Cast, version: Version) -> None:
    answer, content = fetch(client, cast)
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="finder-v1.zip"' in answer["Content-Disposition"]
    assert int(answer["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        files = {name: archive.read(name) for name in archive.namelist()}
    assert (manifest["repo_id"], manifest["version"]) == ("library/finder", 1)
    assert (manifest["revision"], manifest["snapshot_digest"]) == (version.revision, DIGEST)
    listed = {file["path"]: (file["size"], file["sha256"]) for file in manifest["files"]}
    del files["manifest.json"]
    assert listed == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()
    }


def test_it_is_the_same_bytes_every_time(client: Client, cast: Cast, version: Version) -> None:
    answer, content = fetch(client, cast)
    time.sleep(2.1)  # the finest step of a date in a zip is two seconds
    again, same = fetch(client, cast)
    assert content == same
    assert answer["ETag"] == again["ETag"]
    held, nothing = fetch(client, cast, answer["ETag"])
    assert (held.status_code, nothing) == (304, b"")


def test_a_head_request_names_length_and_etag(client: Client, cast: Cast, version: Version) -> None:
    answer, content = fetch(client, cast)
    head = client.head(ARCHIVE, **bearer(cast.viewer))
    assert int(head["Content-Length"]) == len(content)
    assert head["ETag"] == answer["ETag"]


def test_another_version_has_another_etag(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b")
    answer, _ = fetch(client, cast)
    other = client.get(ARCHIVE.replace("/1/", "/2/"), **bearer(cast.viewer))
    assert other["ETag"] != answer["ETag"]


def test_a_damaged_file_breaks_the_download_off_and_is_found(
    client: Client, cast: Cast, version: Version
) -> None:
    weights = version.artifacts.get(path="model.safetensors")
    assert all(check.problem is None for check in version_check(version))
    stored = blob_path(weights)
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(content)
    with pytest.raises(DamagedError, match=r"model\.safetensors is damaged"):
        fetch(client, cast)
    (found,) = [check for check in version_check(version) if check.problem]
    assert found.path == "model.safetensors"


def test_a_missing_file_is_said_before_anything_is_sent(
    client: Client, cast: Cast, version: Version
) -> None:
    blob_path(version.artifacts.get(path="vocab.txt")).unlink()
    answer, body = fetch(client, cast)
    assert answer.status_code == 503
    assert b"vocab.txt is missing" in body
    (found,) = [check for check in version_check(version) if check.problem]
    assert "missing" in str(found.problem)


def test_a_single_file_is_sent_under_its_sha256(
    client: Client, cast: Cast, version: Version
) -> None:
    url = ARCHIVE.replace("archive/", "files/config.json")
    answer = client.get(url, **bearer(cast.viewer))
    content = b"".join(typed("StreamingHttpResponse", answer))
    assert answer["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert int(answer["Content-Length"]) == len(content)
    assert answer["Content-Disposition"].startswith("attachment")
    held = client.get(url, HTTP_IF_NONE_MATCH=answer["ETag"], **bearer(cast.viewer))
    assert held.status_code == 304


@pytest.mark.parametrize("sizes", [[], [0], [1, 70_000, 3_000_000], [5] * 70_000])
def test_the_length_is_known_without_reading(sizes: list[int]) -> None:
    def entries() -> Iterator[Entry]:
        return (Entry(f"f{row}é.txt", size, [b"x" * size]) for row, size in enumerate(sizes))

    written = sum(map(len, zip_blocks(entries())))
    assert zip_size(entries()) == written


@pytest.mark.slow
@pytest.mark.parametrize(
    "size", [(1 << 31) - 1, 1 << 31, int((1 << 31) / 1.05), int((1 << 31) / 1.05) + 9]
)
def test_the_length_is_known_where_64_bits_are_needed(size: int) -> None:
    def entries() -> Iterator[Entry]:
        yield Entry("large.safetensors", size, zeros(size))
        yield Entry("after.json", 2, [b"{}"])

    assert zip_size(entries()) == sum(map(len, zip_blocks(entries())))


@pytest.mark.slow
def test_what_is_downloaded_scores_as_what_was_published(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    from tests.tiny import tiny_cross_encoder

    model = CrossEncoder(str(tiny_cross_encoder(tmp_path / "tiny", seed=3)))
    model.save(str(tmp_path / "saved"), create_model_card=False)
    published = publish(cast.project, tmp_path / "saved", saved=True)
    _, content = fetch(client, cast)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "downloaded")
    pairs = [("how to read a file", "open the path"), ("sort a list", "court case"), ("", "")]
    loaded = CrossEncoder(str(tmp_path / "downloaded"))
    np.testing.assert_allclose(loaded.predict(pairs), model.predict(pairs), atol=1e-5)
    assert len(set(np.round(model.predict(pairs), 7))) == 3
    assert published.artifacts.filter(path="modules.json").exists()


def zeros(size: int) -> Iterator[bytes]:
    block = bytes(1 << 24)
    for start in range(0, size, len(block)):
        yield block[: min(len(block), size - start)]


def blob_path(artifact: Artifact) -> Path:
    sha256 = artifact.sha256
    return Path(storages["blobs"].path(f"{sha256[:2]}/{sha256[2:4]}/{sha256}"))
