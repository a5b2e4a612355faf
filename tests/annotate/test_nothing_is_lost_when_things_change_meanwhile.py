"""Two windows of one person, a person removed, a query withdrawn: each answer has its place."""

import pytest
from django.db.models.functions import Now
from django.http import Http404
from django.test import Client

from accounts.services import member_remove, member_set
from annotate.models import Candidate, Judgment, Kind, Lease, Query
from annotate.services.answers import Status
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import counted, grade, record
from tests.factory import Cast, bearer, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/"


def test_two_windows_show_the_same_items_and_the_last_answer_holds(cast: Cast) -> None:
    make_queue(cast.project, 1, 3)
    one, other = (
        tasks_lease(project=cast.project, person=cast.annotator, count=2) for _ in range(2)
    )
    item = one[0].candidate_id
    assert [row.candidate_id for row in one] == [row.candidate_id for row in other]
    record(cast.project, cast.annotator, grade(item, 1))
    [second] = record(cast.project, cast.annotator, grade(item, 0))
    assert second.status is Status.CREATED
    assert counted(Candidate.objects.get(pk=item)) == [("library-annotator", 0)]
    assert Judgment.objects.filter(candidate=item).count() == 2  # the first one is history
    assert not Lease.objects.filter(candidate=item).exists()


def test_who_is_removed_meanwhile_is_told_and_may_come_back(client: Client, cast: Cast) -> None:
    [item, *_] = make_queue(cast.project, 1, 2)
    headers = bearer(cast.annotator)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    member_remove(project=cast.project, user=cast.annotator)
    answer = {"id": "0" * 31 + "1", "candidate": str(item.pk), "grade": 1}
    for path, body in (("judgments/", {"judgments": [answer]}), ("tasks/lease/", {"count": 1})):
        sent = client.post(f"{API}{path}", body, content_type="application/json", **headers)
        assert sent.status_code == 404
    # The same between the look at the membership and the answer.
    with pytest.raises(Http404):
        record(cast.project, cast.annotator, grade(item, 1))
    Lease.objects.all().delete()
    with pytest.raises(Http404):
        tasks_lease(project=cast.project, person=cast.annotator, count=1)
    assert not Judgment.objects.exists()
    member_set(project=cast.project, user=cast.annotator, role="annotator")
    sent = client.post(
        f"{API}judgments/", {"judgments": [answer]}, content_type="application/json", **headers
    )
    assert sent.json()["results"][0]["status"] == "created"


def test_an_answer_on_a_withdrawn_query_is_kept_and_does_not_count(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project, 1, 2)
    tasks_lease(project=cast.project, person=cast.annotator, count=1)
    Query.objects.update(withdrawn_at=Now())
    answer = grade(item, 1)
    [result] = record(cast.project, cast.annotator, answer)
    assert result.status is Status.LATE
    assert Judgment.objects.get(pk=answer.id).kind == Kind.LATE
    assert counted(item) == []
