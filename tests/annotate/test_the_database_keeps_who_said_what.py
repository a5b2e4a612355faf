"""Judgments begin with a member, end for a reason, and follow on from the same author's."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.services import member_remove
from annotate.models import (
    Action,
    Candidate,
    Import,
    Judgment,
    Kind,
    Snapshot,
    SnapshotStatus,
    Source,
)
from tests.annotate.judging import reword_passage, reword_query
from tests.factory import Cast, make_judgment, make_label, make_queue

pytestmark = pytest.mark.django_db


def at_commit() -> None:
    """Check now what is checked when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def end(row: Judgment) -> None:
    Judgment.objects.filter(pk=row.pk).update(current=False)


def follow(row: Judgment, **changes: Any) -> Judgment:
    """Store a skip that replaces `row`."""
    fields = {
        "project": row.project,
        "candidate": row.candidate,
        "person": row.person,
        "kind": Kind.COUNTED,
        "action": Action.SKIP,
        "replaces": row,
    }
    return Judgment.objects.create(id=uuid.uuid4(), **{**fields, **changes})


def test_a_judgment_ends_only_where_something_follows(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    human, label = make_judgment(item, cast.annotator, 1), make_label(item, 1)
    for row in (human, label):
        refused = pytest.raises(IntegrityError, match="nothing replaces or withdraws it")
        with refused, transaction.atomic():
            end(row)
            at_commit()
    end(human)
    follow(human)
    at_commit()


@pytest.mark.parametrize("reword", [reword_query, reword_passage])
def test_a_judgment_ends_with_the_wording_it_was_about(cast: Cast, reword: Any) -> None:
    [item, *_] = make_queue(cast.project)
    human = make_judgment(item, cast.annotator, 1)
    reword(item.query if reword is reword_query else item.passage, "Said otherwise.")
    now = {"query_revision": 1, "passage_revision": 1}
    now["query_revision" if reword is reword_query else "passage_revision"] = 2
    end(human)
    at_commit()
    # What is said of the new wording needs a reason of its own.
    again = follow(human, **now, replaces=None)
    refused = pytest.raises(IntegrityError, match="nothing replaces or withdraws it")
    with refused, transaction.atomic():
        end(again)
        at_commit()


def test_a_judgment_replaces_one_of_its_own_author_and_candidate(cast: Cast) -> None:
    item, other, *_ = make_queue(cast.project)
    human = make_judgment(item, cast.annotator, 1)
    imported = {"person": None, "kind": Kind.IMPORTED, "action": Action.GRADE}
    label = {
        **imported,
        "source": Source.objects.create(project=cast.project, name="labels"),
        "grade": cast.project.grades.get(value=0),
    }
    refused = "replaces one that ended, of the same author and candidate"
    with pytest.raises(IntegrityError, match=refused), transaction.atomic():
        follow(human, kind=Kind.REPEAT)  # it still holds
    end(human)
    for wrong in ({"person": cast.reviewer}, {"candidate": other}, label):
        with pytest.raises(IntegrityError, match=refused), transaction.atomic():
            follow(human, **wrong)
    follow(human)


def test_only_who_may_judge_in_a_project_does(cast: Cast) -> None:
    item, other, *_ = make_queue(cast.project)
    kept = make_judgment(item, cast.annotator, 1)
    member_remove(project=cast.project, user=cast.annotator)
    for person in (cast.outsider, cast.viewer, cast.annotator):
        refused = pytest.raises(IntegrityError, match="does not judge in project")
        with refused, transaction.atomic():
            make_judgment(other, person, 1)
    make_judgment(other, cast.reviewer, 1)
    assert Judgment.objects.get(pk=kept.pk).current


def test_kinds_and_actions_are_those_we_know(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    fields: dict[str, Any] = {
        "project": cast.project,
        "candidate": item,
        "person": cast.annotator,
        "kind": Kind.COUNTED,
        "action": Action.SKIP,
    }
    for wrong in ({"kind": "guess"}, {"action": "shrug"}):
        with pytest.raises(IntegrityError, match="_known"), transaction.atomic():
            Judgment.objects.create(id=uuid.uuid4(), **{**fields, **wrong})
    rows: tuple[tuple[type[models.Model], dict[str, str]], ...] = (
        (Import, {"status": "lost"}),
        (Import, {"on_conflict": "guess"}),
        (Snapshot, {"status": "lost"}),
    )
    for model, wrong in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            model._default_manager.create(project=cast.project, **wrong)


def test_a_grade_that_judgments_use_keeps_its_value(cast: Cast) -> None:
    candidates: list[Candidate] = make_queue(cast.project)
    make_label(candidates[0], 1)
    grades = cast.project.grades
    with pytest.raises(IntegrityError, match="it keeps its value"), transaction.atomic():
        grades.filter(value=1).update(value=7)
    grades.filter(value=1).update(name="Good", gain=3)
    grades.filter(value=0).update(value=8)


def test_a_snapshot_is_not_born_ready(cast: Cast) -> None:
    invented = {"status": SnapshotStatus.READY, "digest": "a" * 64}
    for wrong in (invented, {"status": SnapshotStatus.RUNNING}):
        refused = pytest.raises(IntegrityError, match="a new snapshot is queued")
        with refused, transaction.atomic():
            Snapshot.objects.create(project=cast.project, **wrong)
    assert Snapshot.objects.create(project=cast.project).status == SnapshotStatus.QUEUED
