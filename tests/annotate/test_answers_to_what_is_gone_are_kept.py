"""A query or passage that is withdrawn or erased while somebody judges it: nothing is lost."""

import uuid
from typing import Any

import pytest
from django.test import Client

from annotate.models import Candidate, Judgment, Lease
from annotate.services.answers import Status
from annotate.services.erasing import erasure_create
from annotate.services.leasing import tasks_lease
from annotate.services.withdrawing import queries_restore, queries_withdraw
from tests.annotate.judging import grade, record
from tests.factory import Cast, bearer, make_candidate, make_passage, make_query
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
JUDGMENTS = "/api/v1/projects/library/judgments/"


@pytest.fixture
def item(cast: Cast) -> Candidate:
    query = make_query(cast.project, "a deleted query", "q")
    return make_candidate(query, make_passage(cast.project, "a passage", "p"))


def test_an_answer_to_what_was_withdrawn_is_late_and_fills_no_slot(
    cast: Cast, item: Candidate
) -> None:
    assert tasks_lease(project=cast.project, person=cast.annotator, count=1)
    how: dict[str, Any] = {"project": cast.project, "by": cast.manager, "reason": "Off topic."}
    queries_withdraw(queries=[item.query_id], **how)
    assert not Lease.objects.exists()
    assert tasks_lease(project=cast.project, person=cast.annotator, count=1) == []
    [late] = record(cast.project, cast.annotator, grade(item, 1))
    assert late.status is Status.LATE
    row = Judgment.objects.get()
    assert (row.kind, row.slot, row.current) == ("late", None, True)
    queries_restore(queries=[item.query_id], **how)
    assert tasks_lease(project=cast.project, person=cast.reviewer, count=1)


def test_an_answer_to_what_was_erased_is_kept_without_its_words(
    client: Client, cast: Cast, item: Candidate
) -> None:
    assert tasks_lease(project=cast.project, person=cast.annotator, count=1)
    early, late = ({"id": str(uuid.uuid4()), "candidate": str(item.pk), "grade": 1,
                    "comment": "a deleted query, I think", "evidence": [[0, 1]],
                    "revision": 1, "query_revision": 1} for _ in range(2))  # fmt: skip
    headers = bearer(cast.annotator)
    other = bearer(cast.reviewer)
    sent = client.post(JUDGMENTS, {"judgments": [early]}, "application/json", **headers).json()
    assert sent["results"][0]["status"] == "created"
    erasure = erasure_create(subject=item.query, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    again = client.post(JUDGMENTS, {"judgments": [early]}, "application/json", **headers).json()
    assert again["results"][0]["status"] == "repeated"
    for status in ("late", "repeated"):
        body = {"judgments": [late]}
        answer = client.post(JUDGMENTS, body, "application/json", **other).json()
        assert answer["results"][0]["status"] == status
        if status == "late":
            assert "query was erased meanwhile" in answer["results"][0]["message"]
    rows = Judgment.objects.order_by("created_at")
    assert [(row.comment, row.evidence, row.current) for row in rows] == [("", [], False)] * 2
    assert [row.grade.value for row in rows if row.grade] == [1, 1]
    conflict = {**late, "grade": 0}
    answer = client.post(JUDGMENTS, {"judgments": [conflict]}, "application/json", **other).json()
    assert answer["results"][0]["status"] == "conflict"
