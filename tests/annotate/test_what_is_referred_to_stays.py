"""What candidates, proposals and judgments refer to exists, and is not deleted under them."""

import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction

from accounts.services import project_delete
from annotate.models import Candidate, Judgment, Proposal, Query, Run, Source
from tests.factory import Cast, make_judgment, make_query, make_queue

pytestmark = pytest.mark.django_db(transaction=True)


def refused(statement: str, *values: int) -> str:
    """Run a statement that the database refuses at its end or at the commit; return why."""
    with (
        pytest.raises(IntegrityError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
    return str(caught.value)


def test_what_is_used_cannot_be_deleted(cast: Cast) -> None:
    candidate = make_queue(cast.project, 1, 1)[0]
    run = Run.objects.create(project=cast.project, name="bm25")
    Proposal.objects.create(run=run, candidate=candidate, rank=1)
    source = Source.objects.create(project=cast.project, name="labels")
    grade = cast.project.grades.get(value=1)
    Judgment.objects.create(
        id="00000000-0000-4000-8000-000000000001", project=cast.project, candidate=candidate,
        source=source, kind="imported", grade=grade,
    )  # fmt: skip
    for table, pk in (
        ("annotate_query", candidate.query_id),
        ("annotate_passage", candidate.passage_id),
        ("annotate_candidate", candidate.pk),
        ("annotate_run", run.pk),
        ("annotate_source", source.pk),
        ("accounts_grade", grade.pk),
    ):
        kind = table.partition("_")[2]
        assert f"{kind} {pk} is still referred to" in refused(
            f"DELETE FROM {table} WHERE id = %s",
            pk,
        )
    project_delete(project=cast.project)
    assert not Candidate.objects.exists()


def test_what_is_not_there_cannot_be_used(cast: Cast) -> None:
    candidate = make_queue(cast.project, 1, 1)[0]
    made = (cast.project.pk, make_query(cast.project, "new").pk, candidate.passage_id)
    insert = (
        "INSERT INTO annotate_candidate (project_id, query_id, passage_id, position, metadata)"
        " VALUES (%s, %s, %s, 0, '{}')"
    )
    for values in ((0, *made[1:]), (made[0], 0, made[2]), (*made[:2], 0)):
        assert "are of one project" in refused(insert, *values)
    proposal = "INSERT INTO annotate_proposal (run_id, candidate_id) VALUES (%s, %s)"
    run = Run.objects.create(project=cast.project, name="bm25")
    for pair in ((0, candidate.pk), (run.pk, 0)):
        assert "are of one project" in refused(proposal, *pair)
    source = Source.objects.create(project=cast.project, name="labels")
    grade = cast.project.grades.get(value=1)
    label = (
        "INSERT INTO annotate_judgment (id, project_id, candidate_id, source_id, kind, action,"
        " grade_id, evidence) VALUES (gen_random_uuid(), %s, %s, %s, 'imported', 'grade', %s, '[]')"
    )
    good = (cast.project.pk, candidate.pk, source.pk, grade.pk)
    for at in range(4):
        assert "are of one project" in refused(label, *good[:at], 0, *good[at + 1 :])
    with pytest.raises(IntegrityError, match="are of one project"), transaction.atomic():
        make_judgment(Candidate(pk=0, project=cast.project), cast.annotator, grade=1)


def test_a_deletion_waits_for_what_is_being_made(cast: Cast) -> None:
    """Whoever deletes a query while a candidate of it is on its way in is refused afterwards."""
    candidate = make_queue(cast.project, 1, 1)[0]
    lonely = make_query(cast.project, "alone")
    found: list[BaseException] = []

    def delete() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM annotate_query WHERE id = %s", [lonely.pk])
        except IntegrityError as error:
            found.append(error)
        finally:
            connections.close_all()

    deleting = threading.Thread(target=delete)
    with transaction.atomic():
        Candidate.objects.create(
            project=cast.project, query=lonely, passage=candidate.passage, position=0
        )
        deleting.start()
        deleting.join(0.5)
        assert deleting.is_alive()  # it waits
    deleting.join()
    assert "is still referred to" in str(found[0])
    assert Query.objects.filter(pk=lonely.pk).exists()
