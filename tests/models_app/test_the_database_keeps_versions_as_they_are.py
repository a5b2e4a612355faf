"""The database keeps versions as they are, whatever code asks it to do."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.services import project_delete
from models_app.models import Alias, AliasMove, Artifact, Review, Version
from models_app.services.rerankers import alias_move, review_add
from tests.factory import Cast
from tests.models_app.published import publish


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"revision": "0" * 40},
        {"metrics": {}},
        {"lineage": {}},
        {"facts": {}},
        {"job": None},
        {"base_model": "another/one"},
        {"snapshot_digest": ""},
    ],
)
def test_a_version_row_cannot_be_updated(version: Version, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(**change)


def test_an_artifact_cannot_be_updated_or_deleted(version: Version) -> None:
    rows = Artifact.objects.filter(version=version)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.update(sha256="0" * 64)
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        rows.delete()


def test_a_version_cannot_be_deleted_alone(version: Version) -> None:
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        version.delete()


def test_a_project_is_deleted_with_its_versions(cast: Cast, version: Version) -> None:
    alias_move(
        reranker=version.reranker,
        name="champion",
        version=version,
        reason="first",
        moved_by=cast.owner,
    )
    project_delete(project=cast.project)
    assert not Version.objects.exists()
    assert not AliasMove.objects.exists()


@pytest.mark.parametrize("name", ["main", "head", "v3", "deadbeef", "cafe", "Champion", "1st", ""])
def test_an_alias_that_reads_as_a_tag_or_commit_is_refused(version: Version, name: str) -> None:
    with (
        pytest.raises(IntegrityError, match="alias_name_is_no_tag_or_commit"),
        transaction.atomic(),
    ):
        Alias.objects.create(reranker=version.reranker, name=name, version=version)


def test_a_second_version_of_one_job_is_refused(version: Version) -> None:
    with pytest.raises(IntegrityError, match="job"), transaction.atomic():
        Version.objects.create(
            reranker=version.reranker, number=2, revision="a" * 40, job=version.job, base_model="b"
        )


@pytest.mark.parametrize("revision", ["A" * 40, "a" * 39, "main"])
def test_a_revision_is_a_commit(version: Version, revision: str) -> None:
    with pytest.raises(IntegrityError, match="version_revision"), transaction.atomic():
        Version.objects.create(
            reranker=version.reranker,
            number=2,
            revision=revision,
            job=uuid.uuid4(),
            base_model="b",
        )


@pytest.mark.parametrize("path", ["model.bin", "own.py", "../up.json", "/abs.json", "a\\b.json"])
def test_an_unsafe_path_is_refused(version: Version, path: str) -> None:
    with pytest.raises(IntegrityError, match="artifact_"), transaction.atomic():
        Artifact.objects.create(version=version, path=path, sha256="0" * 64, size=1)


def test_a_logged_move_cannot_be_rewritten(cast: Cast, version: Version) -> None:
    alias_move(
        reranker=version.reranker,
        name="champion",
        version=version,
        reason="first",
        moved_by=cast.owner,
    )
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        AliasMove.objects.update(reason="something else")
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        AliasMove.objects.all().delete()


def test_a_review_is_never_edited_or_deleted(cast: Cast, version: Version) -> None:
    review_add(version=version, reviewer=cast.reviewer, verdict="reject", comment="Too slow.")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Review.objects.update(verdict="approve")
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        Review.objects.all().delete()
    project_delete(project=cast.project)
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_published_version_gets_no_more_files(cast: Cast, version: Version) -> None:
    files = version.artifacts.count()
    with pytest.raises(IntegrityError, match="no file is added"):
        Artifact.objects.create(version=version, path="more.json", sha256="0" * 64, size=1)
    assert version.artifacts.count() == files > 1


def commit(change: Callable[[], object]) -> None:
    """Make a change and have the database check what it checks at a commit."""
    change()
    connection.check_constraints()


def test_an_alias_is_never_set_without_a_logged_move(cast: Cast, version: Version) -> None:
    reranker = version.reranker
    with pytest.raises(IntegrityError, match="without a log"), transaction.atomic():
        commit(lambda: Alias.objects.create(reranker=reranker, name="champion", version=version))


def test_an_alias_is_never_moved_without_a_logged_move(
    cast: Cast, version: Version, tmp_path: Path
) -> None:
    second = publish(cast.project, tmp_path / "second", seed=2)
    alias = alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="without a log"), transaction.atomic():
        commit(lambda: Alias.objects.filter(pk=alias.pk).update(version=second))
    alias_move(
        reranker=version.reranker, name="champion", version=second, reason="x", by_setup=True
    )
    connection.check_constraints()
