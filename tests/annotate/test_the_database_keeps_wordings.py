"""Texts never change, a new wording is a new revision, and revisions are history."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.services import project_delete
from annotate.models import (
    Passage,
    PassageRevision,
    Proposal,
    Query,
    QueryRevision,
    Run,
    Text,
)
from annotate.models.texts import text_digest
from tests.annotate.judging import reword_passage, reword_query
from tests.factory import Cast, make_cast, make_passage, make_proposal, make_query, make_queue

pytestmark = pytest.mark.django_db


def refuse(rows: models.QuerySet[Any], message: str, **change: Any) -> None:
    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        rows.update(**change)


def test_a_text_never_changes(cast: Cast) -> None:
    passage = make_passage(cast.project, "As it was.")
    rows = Text.objects.filter(pk=passage.text_id)
    other = {"text": "Otherwise.", "digest": text_digest("Otherwise.")}
    for change in ({"text": "Otherwise."}, {"digest": b"0" * 32}, other):
        refuse(rows, "is never rewritten", **change)
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("DELETE FROM annotate_text; SET CONSTRAINTS ALL IMMEDIATE")
    unused = Text.objects.create(
        project=cast.project, text="Unused.", digest=text_digest("Unused.")
    )
    unused.delete()
    assert Text.objects.get().text == "As it was."


@pytest.mark.parametrize("model", [Text, Query])
def test_a_digest_is_that_of_its_text(cast: Cast, model: type[models.Model]) -> None:
    wording = "Grüße, 世界 \N{GRINNING FACE}\r\n"
    rows = model._default_manager
    rows.create(project=cast.project, text=wording, digest=text_digest(wording))
    with pytest.raises(IntegrityError, match="digest_is_its_own"), transaction.atomic():
        rows.create(project=cast.project, text=wording, digest=text_digest("another"))


def test_a_query_is_reworded_as_a_new_revision_only(cast: Cast) -> None:
    query = make_query(cast.project, "first")
    rows = Query.objects.filter(pk=query.pk)
    second: dict[str, Any] = {"text": "second", "digest": text_digest("second")}
    refuse(rows, "digest_is_its_own", text="second")
    for change in (second, {"revision": 2}, {**second, "revision": 2}):
        refuse(rows, "a new wording is a new revision", **change)
    reword_query(query, "second")
    for change in ({"revision": 1}, {"revision": 4}, {"text": "first", "digest": query.digest}):
        refuse(rows, "a new wording is a new revision", **change)
    rows.update(metadata={"seen": True})
    assert [(row.number, row.text) for row in query.revisions.all()] == [(1, "first")]


def test_a_passage_is_reworded_as_a_new_revision_only(cast: Cast) -> None:
    passage, other = make_passage(cast.project, "first", "p1"), make_passage(cast.project, "second")
    rows = Passage.objects.filter(pk=passage.pk)
    second = {"text": other.text}
    for change in (second, {"title": "Other"}, {"revision": 2}, {**second, "revision": 2}):
        refuse(rows, "a new wording is a new revision", **change)
    reword_passage(passage, "second")
    refuse(rows, "a new wording is a new revision", text=passage.text)
    rows.update(metadata={"seen": True})
    assert [(row.number, row.text.text) for row in passage.revisions.all()] == [(1, "first")]


def test_a_revision_is_the_wording_that_held(cast: Cast) -> None:
    query, passage = make_query(cast.project, "q"), make_passage(cast.project, "p", title="T")
    invented = make_passage(cast.project, "invented").text
    of_query: dict[str, Any] = {"query": query, "number": 1, "text": "q"}
    of_passage: dict[str, Any] = {
        "passage": passage, "number": 1, "title": "T", "text": passage.text,
    }  # fmt: skip
    for rows, right, wrongs in (
        (QueryRevision.objects, of_query, ({"text": "other"}, {"number": 2})),
        (PassageRevision.objects, of_passage, ({"text": invented}, {"number": 2}, {"title": ""})),
    ):
        for wrong in wrongs:
            refused = pytest.raises(IntegrityError, match="made of the wording that holds")
            with refused, transaction.atomic():
                rows.create(**{**right, **wrong})
        rows.create(**right)


def test_revisions_are_kept_as_long_as_their_project(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    reword_query(item.query, "Said otherwise.")
    reword_passage(item.passage, "Said otherwise.")
    for rows, change in (
        (QueryRevision.objects.all(), {"text": "never said"}),
        (PassageRevision.objects.all(), {"title": "never said"}),
    ):
        refuse(rows, "is never rewritten", **change)
        with pytest.raises(IntegrityError, match="is never deleted alone"), transaction.atomic():
            rows.delete()
    project_delete(project=cast.project)
    assert not QueryRevision.objects.exists()
    assert not PassageRevision.objects.exists()


def test_a_passage_carries_a_text_of_its_own_project(cast: Cast) -> None:
    ours = make_passage(cast.project, "Ours.", "p1")
    theirs = make_passage(make_cast("museum").project, "Theirs.").text
    with pytest.raises(IntegrityError, match="are of one project"), transaction.atomic():
        Passage.objects.create(project=cast.project, external_id="p2", text=theirs)
    PassageRevision.objects.create(passage=ours, number=1, text=ours.text)
    refuse(Passage.objects.filter(pk=ours.pk), "are of one project", text=theirs, revision=2)


def test_a_proposal_is_of_a_run_of_its_own_project(cast: Cast) -> None:
    item, other, *_ = make_queue(cast.project)
    theirs = Run.objects.create(project=make_cast("museum").project, name="bm25")
    with pytest.raises(IntegrityError, match="are of one project"), transaction.atomic():
        Proposal.objects.create(run=theirs, candidate=item, rank=1)
    proposal = make_proposal(item, "bm25", 1)
    rows = Proposal.objects.filter(pk=proposal.pk)
    refuse(rows, "stays where it is", run=theirs)
    refuse(rows, "stays where it is", candidate=other)
    refuse(Run.objects.filter(pk=proposal.run_id), "stays where it is", project=theirs.project)
    rows.update(rank=2, score=0.5)
