"""`pairs/lease/`, `preferences/` and `queue/pairs/`: what clients send and get, and who may not."""

import uuid
from typing import Any

import pytest
from django.test import Client

from annotate.models import Preference
from annotate.services.answers import Status
from annotate.sides import first_is_left
from tests.annotate.judging import grade, record
from tests.annotate.pairing import leased, make_pairs
from tests.factory import Cast, bearer, make_proposal

pytestmark = pytest.mark.django_db
LEASE = "/api/v1/projects/library/pairs/lease/"
PREFERENCES = "/api/v1/projects/library/preferences/"
SETTINGS = "/api/v1/projects/library/queue/pairs/"


def send(client: Client, url: str, body: object, **headers: Any) -> tuple[int, Any]:
    response = client.post(url, body, content_type="application/json", **headers)
    return response.status_code, response.json()


def test_a_lease_shows_two_passages_and_nothing_of_others(client: Client, cast: Cast) -> None:
    [pair, *_] = make_pairs(cast.project, passages=4)
    cast.project.blind = False
    cast.project.save()
    make_proposal(pair.first, "secret-run", 1)
    record(cast.project, cast.reviewer, grade(pair.first, 1))
    status, body = send(client, LEASE, {"count": 2}, **bearer(cast.annotator))
    assert (status, body["remaining"], len(body["items"])) == (200, 3, 2)
    for item in body["items"]:
        assert item.keys() == {"pair", "query", "candidates", "lease_expires_at"}
        for side in item["candidates"]:
            assert side.keys() == {"candidate", "passage", "matches"}
            assert side["matches"]["text"]
    assert not any(word in str(body) for word in ("secret", "reviewer"))
    _, again = send(client, LEASE, {"count": 2}, **bearer(cast.annotator))
    shown = [[side["candidate"] for side in item["candidates"]] for item in body["items"]]
    assert shown == [[side["candidate"] for side in item["candidates"]] for item in again["items"]]


def test_sides_are_drawn_for_each_person(cast: Cast) -> None:
    draws = [first_is_left(1, 0, person, pair) for person in range(40) for pair in range(50)]
    assert 900 < sum(draws) < 1100  # half of 2,000, within five standard deviations
    alike = sum(first_is_left(1, 0, 1, pair) == first_is_left(1, 0, 2, pair) for pair in range(400))
    assert 150 < alike < 250
    assert any(first_is_left(1, 0, 1, pair) != first_is_left(1, 9, 1, pair) for pair in range(40))


def test_a_batch_is_answered_with_a_status_per_item(client: Client, cast: Cast) -> None:
    make_pairs(cast.project, passages=5)
    headers = bearer(cast.annotator)
    _, body = send(client, LEASE, {"count": 4}, **headers)
    full = []
    for item in body["items"]:
        left, right = (int(side["candidate"]) for side in item["candidates"])
        about = {"id": str(uuid.uuid4()), "pair": item["pair"], "left": left, "seconds": 1.5}
        revisions = {"left_revision": 1, "right_revision": 1, "query_revision": 1}
        full.append({**about, **revisions, "prefer": right})
    better, *_ = full
    tied = {**full[1], "prefer": None, "tie": True}
    skipped = {**full[2], "prefer": None, "skip": "The query is unclear"}
    undo = {"id": str(uuid.uuid4()), "withdraw": tied["id"]}
    wrong = [{**full[3], "prefer": 0}, {**full[3], "id": "x"}, {**full[3], "grade": 1}]
    batch = [better, tied, skipped, undo, better, {**better, "tie": True}, *wrong]
    status, body = send(client, PREFERENCES, {"preferences": batch}, **headers)
    assert status == 200
    found = [(row["status"], row["code"]) for row in body["results"]]
    assert found == [
        ("created", 201), ("created", 201), ("created", 201), ("created", 201), ("repeated", 200),
        ("conflict", 409), ("invalid", 400), ("invalid", 400), ("invalid", 400),
    ]  # fmt: skip
    assert [row["leased"] for row in body["results"][:5]] == [False, False, False, True, False]
    assert body["results"][0]["pair"] == better["pair"]
    row = Preference.objects.counted().get()
    assert (row.preferred_id, row.left_id) == (better["prefer"], better["left"])
    _, body = send(client, LEASE, {}, **headers)
    assert body["items"][0]["previous"]["tie"] is True
    bodies: list[object] = [
        {"preferences": [{}] * 501},
        {"preferences": "x"},
        {},
        {"judgments": []},
    ]
    for bad in bodies:
        assert send(client, PREFERENCES, bad, **headers)[0] == 400


@pytest.mark.parametrize("url", [LEASE, PREFERENCES, SETTINGS])
def test_who_may_not(client: Client, cast: Cast, url: str) -> None:
    make_pairs(cast.project)
    body: dict[str, Any] = {"preferences": []} if url == PREFERENCES else {}
    manages = url == SETTINGS
    low, good = (cast.annotator, cast.manager) if manages else (cast.viewer, cast.annotator)
    assert send(client, url, body)[0] == 401
    assert send(client, url, body, **bearer(cast.outsider))[0] == 404
    assert send(client, url, body, **bearer(low))[0] == 403
    assert send(client, url, body, **bearer(good, "read"))[0] == 403
    assert send(client, url, body, **bearer(good))[0] in (200, 202)
    assert client.delete(url, **bearer(good)).status_code == 405
    if not manages:
        other = {**bearer(good), "HTTP_X_ARBITER_PERSON": str(cast.owner.pk)}
        assert send(client, url, body, **other)[0] == 409


def test_managers_set_them_and_off_hands_out_none(client: Client, cast: Cast) -> None:
    make_pairs(cast.project)
    headers = {**bearer(cast.manager), "content_type": "application/json"}
    shown = client.get(SETTINGS, **bearer(cast.manager)).json()
    assert (shown["on"], shown["scheme"], shown["depth"], shown["run"]) == (
        True, "neighbours", 10, None
    )  # fmt: skip
    assert shown["making"]["status"] == "done"
    held = leased(cast.project, cast.annotator)
    body = client.patch(SETTINGS, {"on": False}, **headers).json()
    assert body["on"] is False
    assert client.post(SETTINGS, {}, **headers).status_code == 400
    assert send(client, LEASE, {}, **bearer(cast.annotator))[1] == {"items": [], "remaining": 0}
    answer = {"id": str(uuid.uuid4()), "pair": held[0].pair_id, "left": held[0].pair.first_id,
              "tie": True}  # fmt: skip
    _, body = send(client, PREFERENCES, {"preferences": [answer]}, **bearer(cast.annotator))
    assert body["results"][0]["status"] == Status.CREATED.value  # what was asked for counts
    for bad in ({"depth": 1}, {"depth": 101}, {"scheme": "x"}, {"run": "none"}, {"ons": True}):
        assert client.patch(SETTINGS, bad, **headers).status_code == 400
