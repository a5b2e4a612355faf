"""The database keeps versions as they are, whatever code asks it to do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.postgres.functions import TransactionNow
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Project, User
from accounts.services import member_remove, project_delete
from models_app.models import AliasMove, Artifact, Reranker, Review, Version
from models_app.services.rerankers import alias_move, reranker_ensure, review_add
from tests.factory import Cast
from tests.models_app.published import REQUIRED, version_row


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
            base_model="b",
        )


UNSAFE = ["model.bin", "MODEL.BIN", "own.Py", "w.h5", "notes", "../up.json", "/abs.json", ".a.json"]


@pytest.mark.parametrize("path", [*UNSAFE, "a\\b.json", "a\tb.json", "manifest.json", "VOCAB.txt"])
def test_an_unsafe_path_is_refused(version: Version, path: str) -> None:
    with pytest.raises(IntegrityError, match="artifact_"), transaction.atomic():
        Artifact.objects.create(version=version, path=path, sha256="0" * 64, size=1, oid="0" * 40)


@pytest.mark.parametrize("missing", [*REQUIRED, "all"])
def test_a_version_without_card_configuration_or_weights_is_refused(
    version: Version, missing: str
) -> None:
    def publish_without() -> None:
        row = Version.objects.create(
            reranker=version.reranker, number=2, revision="a" * 40, base_model="b",
            created_at=TransactionNow(),
        )  # fmt: skip
        for path in () if missing == "all" else {*REQUIRED, "note.txt"} - {missing}:
            Artifact.objects.create(version=row, path=path, sha256="0" * 64, size=1, oid="0" * 40)

    with pytest.raises(IntegrityError, match="lacks its card"), transaction.atomic():
        commit(publish_without)


def test_a_size_is_not_negative(version: Version) -> None:
    with pytest.raises(IntegrityError, match="artifact_size_not_negative"), transaction.atomic():
        Artifact.objects.create(
            version=version, path="x.txt", sha256="0" * 64, size=-1, oid="0" * 40
        )


@pytest.mark.parametrize("number", [1, 3, 99])
def test_numbers_have_no_gaps(version: Version, number: int) -> None:
    fields = {"reranker": version.reranker, "revision": "a" * 40, "base_model": "b"}
    with pytest.raises(IntegrityError, match="is not the next"), transaction.atomic():
        version_row(number=number, **fields)
    version_row(number=2, **fields)


def test_who_published_a_version_may_leave_and_is_nobody_else(cast: Cast, version: Version) -> None:
    rows = Version.objects.filter(pk=version.pk)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.update(created_by=cast.outsider)
    cast.manager.delete()
    assert rows.get().created_by is None
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.update(created_by=cast.outsider)


def test_only_who_may_review_does(cast: Cast, version: Version) -> None:
    def review(person: User, **fields: str) -> Review:
        given = {"verdict": "approve", "comment": "", **fields}
        return Review.objects.create(version=version, reviewer=person, **given)

    for person in (cast.outsider, cast.viewer, cast.annotator):
        with pytest.raises(IntegrityError, match="has no right to do this"), transaction.atomic():
            review(person)
    for fields in ({"verdict": "reject"}, {"verdict": "comment", "comment": " \n\t"}):
        with pytest.raises(IntegrityError, match="review_says_why"), transaction.atomic():
            review(cast.reviewer, **fields)
    for person in (cast.reviewer, cast.manager, cast.owner):
        review(person)
    member_remove(project=cast.project, user=cast.reviewer)
    with pytest.raises(IntegrityError, match="has no right to do this"), transaction.atomic():
        review(cast.reviewer)


def test_rerankers_names_differ_in_more_than_case(cast: Cast, version: Version) -> None:
    fields: dict[str, Any] = {"project": cast.project, "name": "Finder"}
    with pytest.raises(IntegrityError, match="reranker_name_once"), transaction.atomic():
        Reranker.objects.create(**fields)
    with pytest.raises(ValidationError, match="'finder' is here"):
        reranker_ensure(**fields, created_by=None)
    assert cast.project.rerankers.get() == version.reranker
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    assert reranker_ensure(project=elsewhere, name="Finder", created_by=None).name == "Finder"


def test_a_reranker_keeps_its_name_and_its_project(cast: Cast, version: Version) -> None:
    rows = Reranker.objects.filter(pk=version.reranker_id)
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    changes: list[dict[str, object]] = [{"name": "other"}, {"project": elsewhere}]
    for change in changes:
        with pytest.raises(IntegrityError, match="keeps its name"), transaction.atomic():
            rows.update(**change)
    assert rows.update(description="It finds.", public=True) == 1


def test_a_review_is_never_edited_or_deleted(cast: Cast, version: Version) -> None:
    review_add(version=version, reviewer=cast.reviewer, verdict="reject", comment="Too slow.")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Review.objects.update(verdict="approve")
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        Review.objects.all().delete()
    project_delete(project=cast.project)
    assert not Review.objects.exists()


def commit(change: Callable[[], object]) -> None:
    """Make a change and have the database check what it checks at a commit."""
    change()
    connection.check_constraints()


@pytest.mark.django_db(transaction=True)
def test_a_published_version_gets_no_more_files(cast: Cast, version: Version) -> None:
    files = version.artifacts.count()
    with pytest.raises(IntegrityError, match="no file is added"):
        Artifact.objects.create(
            version=version, path="more.json", sha256="0" * 64, size=1, oid="0" * 40
        )
    assert version.artifacts.count() == files > 1
