"""Judgments, leases and open slots that cannot be are refused, whatever code asks the database."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from accounts.models import Role
from accounts.services import member_set, project_update
from annotate.models import Action, Candidate, Judgment, Kind, Lease, Passage, Query
from annotate.services.answers import Status
from tests.annotate.judging import counted, grade, record, reword_passage, reword_query
from tests.factory import Cast, make_candidate, make_judgment, make_label, make_query, make_queue

pytestmark = pytest.mark.django_db


def refused(message: str, attack: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        attack()


def judgment(cast: Cast, item: Candidate, **fields: Any) -> Judgment:
    """Return a judgment that is not stored yet."""
    given = {
        "id": uuid.uuid4(),
        "project": cast.project,
        "candidate": item,
        "person": cast.annotator,
        "kind": Kind.COUNTED,
        "action": Action.GRADE,
        "grade": cast.project.grades.get(value=1),
        "slot": 1,
    }
    return Judgment(**{**given, **fields})


@pytest.mark.parametrize("field", ["passage_revision", "query_revision"])
@pytest.mark.parametrize("author", ["person", "source"])
def test_a_judgment_is_of_a_wording_that_there_is(cast: Cast, field: str, author: str) -> None:
    [item, *_] = make_queue(cast.project)
    reword_query(item.query, "Said otherwise.")
    reword_passage(item.passage, "Said otherwise.")
    fields: dict[str, Any] = {}
    if author == "source":
        source = make_label(make_candidate(make_query(cast.project, "x"), item.passage), 1).source
        fields = {"person": None, "source": source, "kind": Kind.IMPORTED, "slot": None}
    for number in (0, 3, 99):
        row = judgment(cast, item, **fields, **{field: number})
        refused("of a wording that there is", partial(row.save, force_insert=True))
    judgment(cast, item, **fields, **{field: 2}).save(force_insert=True)


def test_a_judgment_replaces_neither_itself_nor_what_comes_with_it(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    one, two = (judgment(cast, item, current=False) for _ in range(2))
    for first, second in ((one, one), (one, two)):
        first.replaces_id, second.replaces_id = second.pk, first.pk
        rows = {first.pk: first, second.pk: second}.values()
        refused("replaces one that ended", partial(Judgment.objects.bulk_create, rows))


@pytest.mark.parametrize("gone", ["candidate", "query", "passage"])
def test_nothing_is_counted_of_what_is_withdrawn(cast: Cast, gone: str) -> None:
    [item, *_] = make_queue(cast.project)
    rows: dict[str, models.QuerySet[Any]] = {
        "candidate": Candidate.objects.filter(pk=item.pk),
        "query": Query.objects.filter(pk=item.query_id),
        "passage": Passage.objects.filter(pk=item.passage_id),
    }
    rows[gone].update(withdrawn_at=Now())
    refused("what is withdrawn does not count", lambda: make_judgment(item, cast.annotator, 1))
    make_label(item, 1)
    # An answer that was under way is kept and does not count; so is a correction.
    for value in (1, 0):
        [result] = record(cast.project, cast.annotator, grade(item, value))
        assert result.status == Status.LATE
    assert counted(item) == []
    rows[gone].update(withdrawn_at=None)
    make_judgment(item, cast.reviewer, 1)


def test_a_counted_answer_to_what_was_withdrawn_since_is_corrected_without_counting(
    cast: Cast,
) -> None:
    [item, *_] = make_queue(cast.project)
    record(cast.project, cast.annotator, grade(item, 1))
    Candidate.objects.filter(pk=item.pk).update(withdrawn_at=Now())
    [result] = record(cast.project, cast.annotator, grade(item, 0))
    assert result.status == Status.LATE
    assert counted(item) == []


def test_a_lease_is_a_judges_and_within_the_overlap(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    project_update(project=cast.project, overlap=2)

    def lease(**fields: Any) -> Lease:
        given = {"candidate": item, "person": cast.annotator, "slot": 2}
        return Lease.objects.create(**{**given, **fields}, expires_at=Now() + timedelta(hours=1))

    for slot, message in (
        (0, "lease_counted_holds_a_slot"),
        (3, "beyond the overlap"),
        (7, "beyond"),
    ):
        refused(message, partial(lease, slot=slot))
    for person in (cast.outsider, cast.viewer):
        refused("does not judge in project", partial(lease, person=person))
    rows = Lease.objects.filter(pk=lease().pk)
    refused("beyond the overlap", lambda: rows.update(slot=3))
    refused("does not judge in project", lambda: rows.update(person=cast.outsider))
    # What was taken in time is renewed after a lower overlap, and ends with the role.
    project_update(project=cast.project, overlap=1)
    assert rows.update(expires_at=Now() + timedelta(hours=2)) == 1
    member_set(project=cast.project, user=cast.annotator, role=Role.VIEWER)
    assert not rows.exists()


def test_whether_a_candidate_is_wanted_is_counted_and_never_set(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    rows = Candidate.objects.filter(pk=item.pk)
    query = make_query(cast.project, "another")
    refused("is counted, not set", lambda: rows.update(wanted=False))
    refused(
        "is counted, not set",
        lambda: Candidate.objects.create(
            project=cast.project, query=query, passage=item.passage, position=0, wanted=False
        ),
    )
    make_judgment(item, cast.annotator, 1)
    assert not rows.get().wanted
    refused("is counted, not set", lambda: rows.update(wanted=True))
    project_update(project=cast.project, overlap=2)
    assert rows.get().wanted


@pytest.mark.parametrize("model", [Query, Passage])
def test_an_external_id_never_changes(cast: Cast, model: type[models.Model]) -> None:
    [item, *_] = make_queue(cast.project)
    rows = model._default_manager.filter(pk=item.query_id if model is Query else item.passage_id)
    for other in ("other", None):
        refused("stays where it is, with its id", partial(rows.update, external_id=other))
    assert rows.update(metadata={"seen": True}) == 1
