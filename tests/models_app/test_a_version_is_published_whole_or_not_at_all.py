"""A version is published whole or not at all, and once per job."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import connection

from accounts.blobs import DurableFileSystemStorage, blob_chunks
from models_app.models import Artifact, Reranker, Version
from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast, make_cast
from tests.models_app.published import model_folder, publish
from tests.training.jobs import running_job


def test_a_version_has_its_files_a_number_and_a_commit(cast: Cast, tmp_path: Path) -> None:
    version = publish(cast.project, tmp_path / "m", by=cast.manager)
    assert (version.number, version.tag, str(version)) == (1, "v1", "library/finder@v1")
    assert len(version.revision) == 40
    files = {file.path: file for file in version.artifacts.all()}
    assert set(files) == {
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "vocab.txt",
    }
    source = (tmp_path / "m" / "model.safetensors").read_bytes()
    weights = files["model.safetensors"]
    assert (weights.sha256, weights.size) == (hashlib.sha256(source).hexdigest(), len(source))
    assert b"".join(blob_chunks(weights.sha256)) == source


def test_the_card_knows_its_version_and_how_it_is_fetched(cast: Cast, tmp_path: Path) -> None:
    publish(cast.project, tmp_path / "a")
    version = publish(cast.project, tmp_path / "b", seed=1, job=running_job(cast.project).pk)
    card = version.artifacts.get(path="README.md")
    text = b"".join(blob_chunks(card.sha256)).decode()
    assert text.startswith("---\n")
    assert "/api/v1/rerankers/library/finder/versions/2/archive/" in text
    assert version.facts["registry"]["version"] == 2
    assert version.lineage["code"]["git_commit"] in text
    assert str(version.job) in text


def test_a_card_quotes_no_texts_unless_the_project_allows_it(cast: Cast, tmp_path: Path) -> None:
    def card(version: Version) -> str:
        sha256 = version.artifacts.get(path="README.md").sha256
        return b"".join(blob_chunks(sha256)).decode()

    assert "a secret passage" not in card(publish(cast.project, tmp_path / "a"))
    cast.project.sample_texts = True
    cast.project.save()
    assert "a secret passage" in card(publish(cast.project, tmp_path / "b"))


def test_the_same_job_publishes_one_version(cast: Cast, tmp_path: Path) -> None:
    job = running_job(cast.project).pk
    first = publish(cast.project, tmp_path / "m", job=job)
    again = publish(cast.project, tmp_path / "m", job=job, seed=9)
    assert again == first
    assert Version.objects.count() == 1


def test_a_job_that_published_elsewhere_is_refused(cast: Cast, tmp_path: Path) -> None:
    job = running_job(cast.project).pk
    publish(cast.project, tmp_path / "m", job=job)
    with pytest.raises(ValidationError, match="library/finder@v1"):
        publish(cast.project, tmp_path / "m", job=job, name="other")


@pytest.mark.django_db(transaction=True)
def test_two_that_publish_the_same_job_at_once_get_one_version(tmp_path: Path) -> None:
    cast = make_cast()
    reranker_ensure(project=cast.project, name="finder", created_by=None)
    job, barrier = running_job(cast.project).pk, threading.Barrier(2)
    found: list[Version] = []

    def run(folder: Path) -> None:
        barrier.wait()
        found.append(publish(cast.project, folder, job=job))
        connection.close()

    _in_threads([lambda n=n: run(tmp_path / str(n)) for n in range(2)])
    assert len(found) == 2
    assert found[0] == found[1]
    assert Artifact.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_jobs_that_publish_at_once_get_numbers_without_gaps(tmp_path: Path) -> None:
    cast = make_cast()
    barrier = threading.Barrier(4)

    def run(seed: int) -> None:
        barrier.wait()
        publish(cast.project, tmp_path / str(seed), seed=seed)
        connection.close()

    _in_threads([lambda n=n: run(n) for n in range(4)])
    assert sorted(Version.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert Version.objects.values("revision").distinct().count() == 4


@pytest.mark.parametrize("full_at", ["model.safetensors", "README.md"])
def test_a_full_disk_leaves_no_version(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: str
) -> None:
    real = DurableFileSystemStorage._save

    def save(self: DurableFileSystemStorage, name: str, content: Any) -> str:
        if Path(content.name).name == full_at:
            raise OSError(28, "No space left on device")
        return real(self, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", save)
    with pytest.raises(OSError, match="No space left"):
        publish(cast.project, tmp_path / "m")
    assert not Version.objects.exists()
    assert not Artifact.objects.exists()
    monkeypatch.undo()
    assert publish(cast.project, tmp_path / "m").number == 1


def test_a_failure_after_the_rows_were_made_takes_them_back(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Artifact.objects, "bulk_create", fail)
    with pytest.raises(OSError, match="Input/output"):
        publish(cast.project, tmp_path / "m")
    assert not Version.objects.exists()


def test_the_same_files_published_twice_are_stored_once_under_two_commits(
    cast: Cast, tmp_path: Path
) -> None:
    a = publish(cast.project, tmp_path / "m")
    b = publish(cast.project, tmp_path / "m")
    assert a.revision != b.revision
    weights = {v.artifacts.get(path="model.safetensors").sha256 for v in (a, b)}
    assert len(weights) == 1
    (sha256,) = weights
    assert storages["blobs"].exists(f"{sha256[:2]}/{sha256[2:4]}/{sha256}")


def test_metrics_that_json_cannot_hold_are_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="not plain JSON"):
        publish(cast.project, tmp_path / "m", metrics={"test": float("nan")})
    assert not Version.objects.exists()


def test_a_reranker_is_made_once_however_many_ask(cast: Cast) -> None:
    first = reranker_ensure(project=cast.project, name="finder", created_by=cast.owner)
    assert reranker_ensure(project=cast.project, name="finder", created_by=None) == first
    with pytest.raises(ValidationError):
        reranker_ensure(project=cast.project, name="not/a/name", created_by=None)
    assert Reranker.objects.count() == 1


def test_the_folder_stays_as_it_is(cast: Cast, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "README.md").write_text("the trainer's own")
    publish(cast.project, folder)
    assert (folder / "README.md").read_text() == "the trainer's own"


def _in_threads(works: list[Any]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
