"""The dashboard: coverage, judged@k, days, what is left and costs, and for managers the judges."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import project_update
from annotate.pace import forecast
from tests.annotate.judging import grade, record, skip
from tests.factory import (
    PASSWORD,
    Cast,
    bearer,
    make_label,
    make_proposal,
    make_query,
    make_queue,
)

API = "/api/v1/projects/library/progress/details/"
PAGE = "/projects/library/progress/"


@pytest.mark.django_db
def test_figures_of_a_small_project(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project, queries=3, passages=3)
    make_query(cast.project, "Nobody proposed anything", "alone")
    for place, row in enumerate(queue):
        make_proposal(row, "from-0", rank=place % 3)
        if place < 3:
            make_proposal(row, "from-1", rank=place + 1)
    make_label(queue[8], 1)
    project_update(project=cast.project, overlap=2)
    record(cast.project, cast.annotator, grade(queue[0], 1), grade(queue[1], 0), skip(queue[2]))
    record(cast.project, cast.reviewer, grade(queue[0], 1), grade(queue[3], 0))
    queue[7].withdrawn_at = timezone.now()
    queue[7].save()
    answer = client.get(API, **bearer(cast.manager)).json()
    assert answer["coverage"] == {
        "queries": 4, "with_candidates": 3, "begun": 2, "complete": 0, "with_relevant": 1,
    }  # fmt: skip
    at = {
        (row["run"], row["depth"]): (row["judged"], row["candidates"])
        for row in answer["judged_at"]
    }
    assert at["from-0", 1] == (2, 3)
    assert at["from-0", 3] == (3, 8)
    assert at["from-1", 1] == (1, 1)
    assert at["from-1", 20] == (2, 3)
    today = timezone.now().date().isoformat()
    assert len(answer["days"]) == 30
    assert answer["days"][-1] == {"day": today, "judgments": 4}
    assert answer["forecast"]["remaining"] == 12
    assert answer["forecast"]["answers"] == 5
    assert answer["forecast"]["seconds"] is None  # too few to tell
    judges = {row["person"]: row for row in answer["judges"]}
    mine = judges[cast.annotator.username]
    assert (mine["judged"], mine["skipped"], mine["answers"], mine["last_week"]) == (2, 1, 3, 2)
    assert [row["judged"] for row in answer["judges"]] == [2, 2]


@pytest.mark.django_db
def test_time_and_cost_follow_from_the_active_time(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project, queries=5, passages=5)
    project_update(project=cast.project, hourly_cost=Decimal(36), currency="EUR")
    record(cast.project, cast.annotator, *(grade(row, 0, seconds=10.0) for row in queue[:20]))
    answer = client.get(API, **bearer(cast.viewer)).json()
    assert "judges" not in answer
    assert answer["currency"] == "EUR"
    left = answer["forecast"]
    assert (left["timed"], left["seconds"], left["remaining"]) == (20, 10.0, 5)
    assert left["hours_spent"] == pytest.approx(200 / 3600)
    assert (left["cost_spent"], left["cost_left"]) == ("2.00", "0.50")
    assert (left["per_day"], left["days_left"]) == (20, 1)
    client.force_login(cast.manager)
    page = client.get(PAGE).content.decode()
    for words in ("2.00 EUR spent, 0.50 EUR left", "10.0 s, from 20 answers", "library-annotator"):
        assert words in page
    client.force_login(cast.annotator)
    page = client.get(PAGE).content.decode()
    assert "0.50 EUR left" in page
    assert "Active hours</th>" not in page  # who judged how fast is for managers


@pytest.mark.parametrize(
    ("remaining", "daily", "days_left"),
    [
        (100, [(date(2026, 1, 10), 30)], 4),
        (100, [(date(2026, 1, 1), 1), (date(2026, 1, 9), 10), (date(2026, 1, 10), 30)], 8),
        (100, [(date(2025, 12, 1), 500)], None),  # too long ago
        (100, [], None),
        (0, [], 0),
    ],
)
def test_days_left(remaining: int, daily: list[tuple[date, int]], days_left: int | None) -> None:
    found = forecast(
        remaining=remaining, answers=0, timed=0, seconds=0, daily=daily,
        today=date(2026, 1, 10), price=Decimal(10),
    )  # fmt: skip
    assert found.days_left == days_left
    assert (found.seconds, found.cost_left) == (None, None)


@pytest.mark.django_db
def test_who_may_see_it(client: Client, cast: Cast) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(cast.outsider)).status_code == 404
    assert client.post(API, **bearer(cast.owner)).status_code == 405
    assert client.get(PAGE).status_code == 302
    client.force_login(cast.outsider)
    assert client.get(PAGE).status_code == 404
    client.force_login(cast.viewer)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("currency", "euro"), ("hourly_cost", "-1")])
def test_what_is_no_price_is_refused(client: Client, cast: Cast, field: str, value: str) -> None:
    path = "/api/v1/projects/library/"
    answer = client.patch(path, {field: value}, "application/json", **bearer(cast.owner))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.django_db
def test_thirty_days_are_drawn_and_their_table_is_folded(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get("/projects/library/progress/").text
    assert 'data-bars-of="days"' in page
    assert '<details class="figures">' in page  # folded: what stands below it is in sight
