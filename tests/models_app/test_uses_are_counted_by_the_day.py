"""How often a version is used: counted by the day, shown to members, and to nobody else."""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client

from models_app.models import DailyUse, Use, Version
from models_app.services.counting import use_count
from tests.factory import Cast, bearer
from tests.models_app.published import make_public, publish

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/rerankers/library/finder/versions/1/uses/"


@pytest.fixture
def version(cast: Cast, tmp_path: Path) -> Version:
    found = publish(cast.project, tmp_path / "m", by=cast.manager)
    make_public(found.reranker)
    return found


def today() -> date:
    return datetime.now(UTC).date()


def test_days_add_up(version: Version, cast: Cast) -> None:
    for times in (1, 4):
        use_count(version=version, use=Use.RERANK, times=times)
    for ago, count in ((29, 7), (30, 100)):
        day = today() - timedelta(days=ago)
        DailyUse.objects.create(version=version, use=Use.RERANK, day=day, count=count)
    found = Client().get(URL, **bearer(cast.viewer)).json()["uses"]
    download, rerank = found
    assert (download["use"], download["total"], download["recent"]) == ("download", 0, 0)
    assert (rerank["use"], rerank["total"], rerank["recent"]) == ("rerank", 112, 12)
    days = rerank["days"]
    assert [days[0]["count"], days[-1]["count"], len(days)] == [7, 5, 30]
    assert days[-1]["day"] == today().isoformat()
    page = Client()
    page.force_login(cast.viewer)
    shown = page.get("/library/finder/versions/1/").content.decode()
    assert "112 in all, 12 in the last 30 days" in shown
    assert "on each of the last 30 days, 7 at most" in shown
    assert shown.count("<rect") == 2


def test_they_are_for_members(version: Version, cast: Cast) -> None:
    use_count(version=version, use=Use.DOWNLOAD)
    assert Client().get(URL).status_code == HTTPStatus.UNAUTHORIZED
    assert Client().get(URL, **bearer(cast.outsider)).status_code == HTTPStatus.NOT_FOUND
    assert "Used" not in Client().get("/library/finder/versions/1/").content.decode()


def test_prometheus_reads_the_sums(version: Version) -> None:
    use_count(version=version, use=Use.DOWNLOAD, times=3)
    use_count(version=version, use=Use.RERANK, times=2)
    shown = Client().get("/metrics").content.decode()
    assert "arbiter_downloads 3" in shown
    assert "arbiter_rerank_requests 2" in shown
