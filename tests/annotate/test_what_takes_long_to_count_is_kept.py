"""Progress is exact at once in a small project; what takes long to count is kept, and says so."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from annotate import keeping
from annotate.keeping import kept
from tests.annotate.judging import grade, record
from tests.factory import Cast, bearer, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/progress/"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def told(client: Client, cast: Cast) -> list[dict[str, Any]]:
    headers = bearer(cast.manager)
    return [client.get(f"{API}{path}", **headers).json() for path in ("", "details/")]


def judged(client: Client, cast: Cast) -> tuple[int, int, int]:
    progress, details = told(client, cast)
    return progress["judged"], details["forecast"]["answers"], details["days"][-1]["judgments"]


def test_a_small_project_is_counted_each_time(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project)
    for number, row in enumerate(queue[:3]):
        assert judged(client, cast) == (number,) * 3
        record(cast.project, cast.annotator, grade(row, 1))
    counted_at = [datetime.fromisoformat(each["counted_at"]) for each in told(client, cast)]
    assert all(timezone.now() - moment < timedelta(minutes=1) for moment in counted_at)


def test_a_large_one_is_shown_as_it_was_counted(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SOON", -1.0)
    monkeypatch.setattr(keeping, "TIMES", 1e9)
    queue = make_queue(cast.project)
    record(cast.project, cast.annotator, grade(queue[0], 1))
    first = told(client, cast)
    record(cast.project, cast.annotator, grade(queue[1], 1))
    assert judged(client, cast) == (1, 1, 1)
    assert [each["counted_at"] for each in told(client, cast)] == [
        each["counted_at"] for each in first
    ]
    client.force_login(cast.manager)
    moment = datetime.fromisoformat(first[1]["counted_at"]).strftime("%H:%M")
    for path, words in (("progress/", "Counted at"), ("", "counted at")):
        page = client.get(f"/projects/library/{path}").content.decode()
        assert f"{words} {moment} (UTC)" in page
    cache.clear()
    assert judged(client, cast) == (2, 2, 2)


def test_it_is_kept_the_longer_the_more_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(cache, "set", lambda name, value, timeout: asked.append(timeout))
    clock = iter([0.0, 0.9, 0.0, 3.0, 0.0, 60.0])
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    for _ in range(3):
        kept("anything", lambda: 1)
    assert asked == [60.0, 600.0]
