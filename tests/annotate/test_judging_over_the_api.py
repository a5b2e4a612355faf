"""`tasks/lease/` and `judgments/`: what clients send and get, and who may not."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services import project_update
from annotate.models import Judgment, Lease
from tests.factory import (
    Cast,
    bearer,
    make_judgment,
    make_label,
    make_proposal,
    make_queue,
)

LEASE = "/api/v1/projects/library/tasks/lease/"
JUDGMENTS = "/api/v1/projects/library/judgments/"


def send(client: Client, url: str, body: object, **headers: Any) -> tuple[int, Any]:
    response = client.post(url, body, content_type="application/json", **headers)
    return response.status_code, response.json()


def answer(candidate: object, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "candidate": str(candidate), **fields}


def test_a_lease_carries_the_texts_and_when_it_ends(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project)
    status, body = send(client, LEASE, {"count": 2}, **bearer(cast.annotator))
    assert (status, body["remaining"]) == (200, 6)
    assert [item["candidate"] for item in body["items"]] == [str(row.pk) for row in queue[:2]]
    first = body["items"][0]
    assert first["query"]["text"] == "How do I do thing 0?"
    assert first["query"].keys() == {"id", "text", "metadata", "revision"}
    assert first["passage"]["text"] == "Passage 0 about thing 0."
    assert first["passage"].keys() == {"id", "title", "text", "metadata", "revision", "code"}
    assert first["lease_expires_at"] > timezone.now().isoformat()


def test_what_a_caller_has_at_hand_is_renewed_and_not_sent(client: Client, cast: Cast) -> None:
    first, second, third, *rest = (str(row.pk) for row in make_queue(cast.project))
    headers = bearer(cast.annotator)
    _, body = send(client, LEASE, {"count": 2}, **headers)
    assert "known" not in body
    Lease.objects.update(expires_at=timezone.now())
    status, body = send(client, LEASE, {"count": 3, "known": [first, second, rest[0]]}, **headers)
    assert (status, body["known"]) == (200, [first, second])
    assert [item["candidate"] for item in body["items"]] == [third]
    assert not Lease.objects.filter(expires_at__lte=timezone.now()).exists()
    assert send(client, LEASE, {"known": ["x"]}, **headers)[0] == 400


def test_blind_hides_labels_runs_ranks_and_scores(client: Client, cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    project_update(project=cast.project, overlap=2)
    make_judgment(item, cast.reviewer, 1)
    make_label(item, 1, "secret-labels")
    make_proposal(item, "bm25-run", 7, 12.5)
    headers = bearer(cast.annotator)
    _, body = send(client, LEASE, {}, **headers)
    shown = {"candidate", "query", "passage", "matches", "lease_expires_at"}
    assert body["items"][0].keys() == shown
    told = [{**item, "lease_expires_at": ""} for item in body["items"]]  # a time may hold a 12.5
    assert not any(word in str(told) for word in ("secret", "bm25", "reviewer", "12.5"))
    project_update(project=cast.project, blind=False)
    _, body = send(client, LEASE, {}, **headers)
    assert body["items"][0]["runs"] == [{"run": "bm25-run", "rank": 7, "score": 12.5}]
    labels = {(row["author"], row["grade"]) for row in body["items"][0]["labels"]}
    assert labels == {("library-reviewer", 1), ("secret-labels", 1)}


def test_a_batch_is_answered_with_a_status_per_item(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project)
    headers = bearer(cast.annotator)
    full = answer(queue[0].pk, grade=1, seconds=1.5, comment="c", flagged=True, evidence=[[0, 3]])
    skipped, reason = answer(queue[1].pk, skip=True), answer(queue[2].pk, skip="Unreadable")
    undo = {"id": str(uuid.uuid4()), "withdraw": skipped["id"]}
    batch = [
        full,
        skipped,
        reason,
        undo,
        full,
        {**full, "grade": 0},
        answer(queue[3].pk, grade=9),
        answer(queue[3].pk),
        {"id": "no-uuid", "candidate": "x", "grade": "?"},
        answer(10**30, grade=1),
        answer(queue[3].pk, grade=1, evidence=[[1]]),
        answer(queue[3].pk, grade=1, comment="nul\x00"),
    ]
    status, body = send(client, JUDGMENTS, {"judgments": batch}, **headers)
    assert status == 200
    assert [(row["status"], row["code"]) for row in body["results"]] == [
        ("created", 201),
        ("created", 201),
        ("created", 201),
        ("created", 201),
        ("repeated", 200),
        ("conflict", 409),
        *[("invalid", 400)] * 6,
    ]
    assert body["results"][3]["leased"] is True
    assert "no grade 9" in body["results"][6]["message"]
    assert body["results"][8]["id"] == "no-uuid"
    row = Judgment.objects.get(pk=full["id"])
    assert (row.seconds, row.comment, row.flagged, row.evidence) == (1.5, "c", True, [[0, 3]])
    assert Judgment.objects.get(pk=reason["id"]).skip_reason == "Unreadable"


@pytest.mark.parametrize(
    "body",
    [{}, [], {"judgments": "x"}, {"judgments": [1]}, {"judgments": [{"id": "x"}] * 501}],
)
def test_a_body_that_is_no_batch_is_400(client: Client, cast: Cast, body: object) -> None:
    status, problem = send(client, JUDGMENTS, body, **bearer(cast.annotator))
    assert status == problem["status"] == 400
    assert problem["errors"]


def test_a_wrong_count_is_400(client: Client, cast: Cast) -> None:
    for count in (0, -1, 101, "many"):
        status, problem = send(client, LEASE, {"count": count}, **bearer(cast.annotator))
        assert (status, list(problem["errors"])) == (400, ["count"])


def test_a_closed_project_leases_nothing(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    project_update(project=cast.project, closed_at=timezone.now())
    status, body = send(client, LEASE, {"count": 3}, **bearer(cast.annotator))
    assert (status, body) == (200, {"items": [], "remaining": 0})


@pytest.mark.parametrize("url", [LEASE, JUDGMENTS])
def test_who_may_not(client: Client, cast: Cast, url: str) -> None:
    body: dict[str, object] = {"count": 1} if url == LEASE else {"judgments": []}
    assert send(client, url, body)[0] == 401
    assert send(client, url, body, **bearer(cast.outsider))[0] == 404
    assert send(client, url, body, **bearer(cast.viewer))[0] == 403
    assert send(client, url, body, **bearer(cast.annotator, scope="read"))[0] == 403
    assert send(client, url, body, **bearer(cast.annotator))[0] == 200
    assert client.get(url, **bearer(cast.annotator)).status_code == 405


def test_a_lease_takes_a_bounded_number_of_queries(client: Client, cast: Cast) -> None:
    make_queue(cast.project, 5, 10)
    headers = bearer(cast.annotator)
    counts = []
    for count in (1, 40):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send(client, LEASE, {"count": count}, **headers)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 4
    assert max(counts) <= 24


def test_the_schema_knows_the_calls(client: Client, cast: Cast) -> None:
    schema = client.get("/api/schema/", HTTP_ACCEPT="application/json").json()
    paths = schema["paths"]
    for name in ("tasks/lease/", "judgments/", "progress/"):
        [operation] = [
            value
            for key, value in paths[f"/api/v1/projects/{{slug}}/{name}"].items()
            if key in {"get", "post"}
        ]
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
