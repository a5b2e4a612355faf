"""Judgments and frozen snapshots leave with their project only; projects' rows never mix."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.models import Project, Role, User
from accounts.services import member_set, project_delete
from annotate.models import (
    Action,
    Candidate,
    Judgment,
    Kind,
    Passage,
    Query,
    Snapshot,
    Source,
)
from tests.annotate.judging import record, withdraw
from tests.factory import (
    Cast,
    make_cast,
    make_judgment,
    make_label,
    make_passage,
    make_queue,
    make_ready,
)

pytestmark = pytest.mark.django_db


def freeze_one(project: Project, by: User | None = None) -> Snapshot:
    return make_ready(Snapshot.objects.create(project=project, created_by=by))


def test_a_judgment_is_never_deleted_alone(cast: Cast) -> None:
    item, other, *_ = make_queue(cast.project)
    human, label = make_judgment(item, cast.annotator, 1), make_label(other, 0)
    record(cast.project, cast.annotator, withdraw(human.pk))
    rows: tuple[models.Model, ...] = (human, label, item, item.query, Source.objects.get())
    for row in rows:
        with pytest.raises(IntegrityError, match="is never deleted alone"), transaction.atomic():
            row.delete()
    refused = pytest.raises(IntegrityError, match="never deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM annotate_judgment")
    assert Judgment.objects.count() == 3


def test_a_frozen_snapshot_is_never_deleted_alone(cast: Cast) -> None:
    snapshot = freeze_one(cast.project)
    with pytest.raises(IntegrityError, match="is never deleted alone"), transaction.atomic():
        snapshot.delete()
    Snapshot.objects.create(project=cast.project).delete()
    assert Snapshot.objects.get() == snapshot


def test_a_project_leaves_with_its_history(cast: Cast) -> None:
    item, other, *_ = make_queue(cast.project)
    make_judgment(item, cast.annotator, 1)
    make_label(other, 0)
    freeze_one(cast.project, cast.owner)
    project_delete(project=cast.project)
    assert not Judgment.objects.exists()
    assert not Snapshot.objects.exists()


def test_who_froze_a_snapshot_may_leave(cast: Cast) -> None:
    snapshot = freeze_one(cast.project, cast.manager)
    with pytest.raises(IntegrityError, match="is frozen"), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(created_by=cast.owner)
    cast.manager.delete()
    snapshot.refresh_from_db()
    assert snapshot.created_by is None
    with pytest.raises(IntegrityError, match="is frozen"), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(created_by=None, seed=1)


def test_a_judgment_takes_nothing_of_another_project(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    other = make_cast("museum", overlap=5).project
    member_set(project=other, user=cast.annotator, role=Role.ANNOTATOR)
    right: dict[str, Any] = {
        "project": cast.project,
        "candidate": item,
        "grade": cast.project.grades.get(value=1),
    }
    theirs = Source.objects.create(project=other, name="labels")
    ours = Source.objects.create(project=cast.project, name="labels")
    counted = {"kind": Kind.COUNTED, "person": cast.annotator, "slot": 1}
    imported = {"kind": Kind.IMPORTED, "source": ours}
    for wrong in (
        {**counted, "project": other, "slot": 5},
        {**counted, "grade": other.grades.get(value=1)},
        {**imported, "source": theirs},
    ):
        with pytest.raises(IntegrityError, match="are of one project"), transaction.atomic():
            Judgment.objects.create(
                **{"id": uuid.uuid4(), "action": Action.GRADE, **right, **wrong}
            )
    for good in (counted, imported):
        Judgment.objects.create(**{"id": uuid.uuid4(), "action": Action.GRADE, **right, **good})


def test_a_candidate_pairs_texts_of_its_own_project(cast: Cast) -> None:
    ours, theirs = make_queue(cast.project)[0], make_queue(make_cast("museum").project)[-1]
    alone = make_passage(cast.project, "In no pair yet.")
    for fields in (
        {"project": cast.project, "query": ours.query, "passage": theirs.passage},
        {"project": cast.project, "query": theirs.query, "passage": ours.passage},
        {"project": theirs.project, "query": ours.query, "passage": alone},
    ):
        with pytest.raises(IntegrityError, match="of one project"), transaction.atomic():
            Candidate.objects.create(position=0, **fields)


def test_nothing_moves_to_another_project(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    make_label(item, 1)
    other = make_cast("museum").project
    moves: tuple[models.QuerySet[Any], ...] = (
        Candidate.objects.filter(pk=item.pk),
        Query.objects.filter(pk=item.query_id),
        Passage.objects.filter(pk=item.passage_id),
        Source.objects.all(),
        cast.project.grades.filter(value=1),
    )
    for rows in moves:
        with pytest.raises(IntegrityError, match="stays where it is"), transaction.atomic():
            rows.update(project=other)
    item.save()
