"""The API of disagreements: who may, what comes back, what the second reviewer is told."""

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.services import project_update
from annotate.models import Candidate, Judgment
from tests.annotate.judging import grade, record
from tests.factory import Cast, bearer, make_annotator, make_proposal, make_queue

pytestmark = pytest.mark.django_db
LIST = "/api/v1/projects/library/adjudications/"


@pytest.fixture
def item(cast: Cast) -> Candidate:
    """A candidate that two people see differently."""
    project_update(project=cast.project, overlap=2)
    [found, *_] = make_queue(cast.project)
    make_proposal(found, "search", rank=1, score=2.5)
    record(cast.project, cast.annotator, grade(found, 0, comment="Off topic.", evidence=((0, 7),)))
    record(cast.project, make_annotator(cast.project, "ada"), grade(found, 1, seconds=3.5))
    return found


def send(client: Client, url: str, body: Any, **headers: Any) -> tuple[int, Any]:
    answer = client.post(url, body, content_type="application/json", **headers)
    return answer.status_code, answer.json()


def test_a_case_is_shown_decided_once_and_revised(
    client: Client, cast: Cast, item: Candidate
) -> None:
    url = f"{LIST}{item.pk}/"
    case = client.get(url, **bearer(cast.reviewer)).json()
    assert [row["grade"] for row in case["judgments"]] == [0, 1]
    assert case["judgments"][0]["evidence"] == [[0, 7]]
    assert (case["proposals"][0]["rank"], case["importance"]) == (1, 1.0)
    assert case["adjudication"] is None
    body = {"id": str(uuid.uuid4()), "grade": 1, "reason": "It names the function."}
    code, made = send(client, url, body, **bearer(cast.reviewer))
    assert (code, made["grade"], made["kind"]) == (201, 1, "adjudication")
    assert send(client, url, body, **bearer(cast.reviewer)) == (200, made)
    code, problem = send(client, url, {"grade": 0, "reason": "No."}, **bearer(cast.manager))
    assert code == 409
    assert cast.reviewer.username in problem["detail"]
    assert "It names the function." in problem["detail"]
    revised = {"grade": 0, "reason": "It does not.", "replaces": made["id"]}
    assert send(client, url, revised, **bearer(cast.manager))[0] == 201
    assert send(client, url, revised, **bearer(cast.manager))[0] == 409
    case = client.get(url, **bearer(cast.reviewer)).json()
    assert (case["adjudication"]["grade"], len(case["judgments"])) == (0, 4)
    taken = {"withdraw": True, "reason": "Ask again.", "replaces": case["adjudication"]["id"]}
    assert send(client, url, taken, **bearer(cast.owner))[0] == 201
    assert not Judgment.objects.adjudications().exists()


def test_judges_are_named_after_the_decision_or_where_that_is_asked_for(
    client: Client, cast: Cast, item: Candidate
) -> None:
    headers = bearer(cast.reviewer)
    judges = [cast.annotator.username, "ada"]

    def told(names: str = "", **wish: str) -> list[list[str | None]]:
        asked = {**wish, **({"names": names} if names else {})}
        [row] = client.get(LIST, asked, **headers).json()["results"]
        found = client.get(f"{LIST}{item.pk}/", {"names": names} if names else {}, **headers)
        return [[said["person"] for said in each["judgments"]] for each in (row, found.json())]

    assert told() == told("false") == [[None, None]] * 2
    assert told("true") == [judges] * 2
    assert client.get(LIST, {"names": "perhaps"}, **headers).status_code == 400
    code, made = send(client, f"{LIST}{item.pk}/", {"grade": 1, "reason": "So."}, **headers)
    assert (code, made["person"]) == (201, cast.reviewer.username)
    assert told(state="done") == [[*judges, cast.reviewer.username]] * 2
    taken = {"withdraw": True, "reason": "Ask again.", "replaces": made["id"]}
    assert send(client, f"{LIST}{item.pk}/", taken, **headers)[0] == 201
    again = client.get(f"{LIST}{item.pk}/", **headers).json()["judgments"]
    assert [said["person"] for said in again] == [None, None, *[cast.reviewer.username] * 2]


def test_what_is_no_decision_is_refused_by_field(
    client: Client, cast: Cast, item: Candidate
) -> None:
    url = f"{LIST}{item.pk}/"
    for body, field in (
        ({"grade": 1}, "reason"),
        ({"grade": 1, "reason": "  "}, "reason"),
        ({"grade": 5, "reason": "x"}, "grade"),
        ({"reason": "x"}, "grade"),
        ({"grade": 1, "withdraw": True, "reason": "x"}, "grade"),
        ({"withdraw": True, "reason": "x"}, "replaces"),
        ({"grade": 1, "reason": "x", "why": "y"}, "why"),
        ({"grade": 1, "reason": "x", "id": "x"}, "id"),
    ):
        code, problem = send(client, url, body, **bearer(cast.reviewer))
        assert (code, list(problem["errors"])) == (400, [field]), body


def test_only_reviewers_and_above_may(client: Client, cast: Cast, item: Candidate) -> None:
    body = {"grade": 1, "reason": "Because."}
    for url in (LIST, f"{LIST}{item.pk}/"):
        assert client.get(url).status_code == 401
        assert client.get(url, **bearer(cast.outsider)).status_code == 404
        assert client.get(url, **bearer(cast.annotator)).status_code == 403
        assert client.get(url, **bearer(cast.reviewer)).status_code == 200
        assert client.delete(url, **bearer(cast.owner)).status_code == 405
    url = f"{LIST}{item.pk}/"
    assert send(client, url, body)[0] == 401
    assert send(client, url, body, **bearer(cast.outsider))[0] == 404
    assert send(client, url, body, **bearer(cast.annotator))[0] == 403
    assert send(client, url, body, **bearer(cast.reviewer, scope="read"))[0] == 403
    assert send(client, f"{LIST}{item.pk + 999}/", body, **bearer(cast.reviewer))[0] == 404
    assert not Judgment.objects.adjudications().exists()
