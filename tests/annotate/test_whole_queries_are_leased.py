"""`queries` leases all that is open to a person of a query, within overlap and blindness."""

from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.services import project_update
from annotate.models import Candidate, Lease
from annotate.services.leasing import LEASE_MAX, tasks_lease
from annotate.services.sittings import queries_lease
from tests.annotate.judging import grade, record, skip, withdraw
from tests.factory import Cast, bearer, make_candidate, make_passage, make_query, make_queue

LEASE = "/api/v1/projects/library/tasks/lease/"


def post(client: Client, body: object, **headers: Any) -> tuple[int, Any]:
    answer = client.post(LEASE, body, content_type="application/json", **headers)
    return answer.status_code, answer.json()


def pks(leases: list[Lease]) -> list[int]:
    return [lease.candidate_id for lease in leases]


def scattered(cast: Cast) -> list[Candidate]:
    """Two queries of three candidates whose places in the queue alternate."""
    rows = make_queue(cast.project)
    for place, row in enumerate((rows[0], rows[3], rows[1], rows[4], rows[2], rows[5])):
        Candidate.objects.filter(pk=row.pk).update(position=place)
    return rows


def test_a_query_comes_whole_whatever_the_order_of_the_queue(client: Client, cast: Cast) -> None:
    rows = scattered(cast)
    status, body = post(client, {"queries": 1}, **bearer(cast.annotator))
    assert (status, body["remaining"]) == (200, 6)
    assert [item["candidate"] for item in body["items"]] == [str(row.pk) for row in rows[:3]]
    _, body = post(client, {"queries": 2}, **bearer(cast.annotator))
    assert [item["candidate"] for item in body["items"]] == [str(row.pk) for row in rows]
    assert Lease.objects.count() == 6


def test_what_is_answered_held_or_full_is_left_out(cast: Cast) -> None:
    rows = scattered(cast)
    record(cast.project, cast.annotator, skip(rows[0]))
    record(cast.project, cast.reviewer, grade(rows[2], 1))
    [other] = tasks_lease(project=cast.project, person=cast.manager, count=1)
    assert other.candidate_id == rows[0].pk
    leases = queries_lease(project=cast.project, person=cast.annotator, queries=5)
    assert pks(leases) == [rows[3].pk, rows[4].pk, rows[5].pk, rows[1].pk]
    slots = Lease.objects.values_list("candidate", "slot")
    assert len(slots) == len(set(slots)) == 5
    late = queries_lease(project=cast.project, person=cast.reviewer, queries=5)
    assert late == []


def test_an_undone_item_brings_its_query_to_the_front(cast: Cast) -> None:
    rows = scattered(cast)
    answer = grade(rows[4], 1)
    record(cast.project, cast.annotator, answer, withdraw(answer.id))
    leases = queries_lease(project=cast.project, person=cast.annotator, queries=1)
    assert pks(leases) == [rows[4].pk, rows[3].pk, rows[5].pk]


def test_a_long_query_comes_in_parts(cast: Cast) -> None:
    query = make_query(cast.project, "long")
    for number in range(LEASE_MAX + 5):
        make_candidate(query, make_passage(cast.project, f"p {number}"), position=number)
    leases = queries_lease(project=cast.project, person=cast.annotator, queries=2)
    assert len(leases) == LEASE_MAX
    answers = [grade(lease.candidate_id, 1) for lease in leases]
    record(cast.project, cast.annotator, *answers)
    assert len(queries_lease(project=cast.project, person=cast.annotator, queries=2)) == 5


def test_blind_and_closed_hold(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    headers = bearer(cast.annotator)
    _, body = post(client, {"queries": 1}, **headers)
    assert not {"runs", "labels"} & body["items"][0].keys()
    for wrong in (0, 6, "all"):
        status, problem = post(client, {"queries": wrong}, **headers)
        assert (status, list(problem["errors"])) == (400, ["queries"])
    project_update(project=cast.project, closed_at=timezone.now())
    assert post(client, {"queries": 1}, **headers)[1] == {"items": [], "remaining": 0}
