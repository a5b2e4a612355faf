"""`/readyz` is red where the store cannot be written, and tells nobody the details."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def test_all_parts_answer(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "failed": []})


def test_a_store_that_cannot_be_written_is_named(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    blobs = {**settings.STORAGES["blobs"], "OPTIONS": {"location": tmp_path / "file" / "blobs"}}
    settings.STORAGES = {**settings.STORAGES, "blobs": blobs}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["storage"])


def test_a_broker_that_is_away_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.health.app.connection_for_write", _away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503, ["broker"])


def _away() -> object:
    raise OSError("nobody is there")
