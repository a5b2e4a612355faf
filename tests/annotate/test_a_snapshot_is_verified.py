"""A snapshot's digest is computed anew from its files: whole, redacted, or broken, and why."""

import json
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.blobs import blob_open
from annotate.frozen.sealing import salt_of, seal_of
from annotate.models import Snapshot
from annotate.verifying import snapshot_verify
from tests.annotate.test_snapshots_freeze import fill, frozen
from tests.factory import Cast, bearer

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/projects/library/snapshots/"


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    fill(cast.project)
    return frozen(cast.project)


def read(snapshot: Snapshot, name: str) -> bytes:
    with blob_open(snapshot.files[name]["sha256"]) as source:
        return source.read()


def overwrite(snapshot: Snapshot, name: str, content: bytes) -> None:
    sha256 = snapshot.files[name]["sha256"]
    path = f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    storages["blobs"].delete(path)
    storages["blobs"].save(path, ContentFile(content))


def test_a_whole_one_is_said_to_be(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    found = client.get(f"{PATH}{snapshot.pk}/verification/", **bearer(cast.viewer)).json()
    assert found == {"state": "whole", "records": 60, "redacted": 0, "problems": [],
                     "sentence": "Verified, all 60 records are there."}  # fmt: skip
    client.force_login(cast.viewer)
    address = f"/projects/library/snapshots/{snapshot.pk}/verify/"
    assert "Verified, all 60 records are there." in client.get(address).content.decode()
    assert client.post(address).status_code == 405
    client.force_login(cast.outsider)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["train.jsonl", "manifest.json", "judgments.jsonl"])
def test_one_changed_byte_is_found(cast: Cast, snapshot: Snapshot, name: str) -> None:
    content = read(snapshot, name)
    overwrite(snapshot, name, content.replace(b"q1", b"q2", 1).replace(b'"seed":42', b'"seed":43'))
    found = snapshot_verify(snapshot)
    assert found.state == "broken"
    assert name in found.sentence
    with pytest.raises(CommandError, match="1 snapshot"):
        call_command("verify_snapshots", stdout=StringIO())


def test_a_record_that_no_erasure_took_out_is_missed(cast: Cast, snapshot: Snapshot) -> None:
    """Somebody puts a true seal in a record's place: the root holds, the count does not."""
    first, rest = read(snapshot, "train.jsonl").split(b"\n", 1)
    marker = json.dumps({"redacted": seal_of(first)}, separators=(",", ":")).encode()
    overwrite(snapshot, "train.jsonl", marker + b"\n" + rest)
    found = snapshot_verify(snapshot)
    assert (found.state, found.redacted) == ("broken", 1)
    assert found.problems == ["train.jsonl is damaged"]


def test_a_lost_file_is_named(cast: Cast, snapshot: Snapshot) -> None:
    sha256 = snapshot.files["dev.jsonl"]["sha256"]
    storages["blobs"].delete(f"{sha256[:2]}/{sha256[2:4]}/{sha256}")
    assert snapshot_verify(snapshot).problems == ["dev.jsonl is missing from the storage"]


def test_a_seal_tells_nothing_without_its_salt() -> None:
    key, parts = b"k" * 32, ("q1", "who has gout", "p1", "", "text")
    assert salt_of(key, parts) == salt_of(key, list(parts))
    assert salt_of(b"l" * 32, parts) != salt_of(key, parts)
    assert salt_of(key, (*parts[:-1], "other")) != salt_of(key, parts)
    assert len(salt_of(key, parts)) == 32
