"""From a judge, a query or a passage to every version that learned from it."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.blobs import blob_path
from annotate.models import Candidate, Query
from models_app.models import Version
from tests.factory import Cast, bearer, make_judgment
from tests.models_app.published import publish
from tests.training.jobs import frozen_snapshot, label_project
from training.selectors.reach import judge_reach, passage_reach, query_reach

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def versions(cast: Cast, tmp_path: Path) -> list[Version]:
    """v1 of labels from a file, v2 of those and of what the annotator judged since, v3 from v2."""
    label_project(cast.project)
    first = frozen_snapshot(cast.project)
    v1 = publish(cast.project, tmp_path / "1", snapshot_digest=first.digest or "")
    for query in ("q1", "q2"):
        for candidate in Candidate.objects.filter(query__external_id=query):
            make_judgment(candidate, cast.annotator, 1)
    second = frozen_snapshot(cast.project)
    v2 = publish(cast.project, tmp_path / "2", seed=1, snapshot_digest=second.digest or "")
    made = {"base_model": {"revision": v2.revision}}
    v3 = publish(cast.project, tmp_path / "3", seed=2, lineage=made)
    return [v1, v2, v3]


def shown(found: Any) -> list[tuple[str, int, str]]:
    return [
        (each.version.tag, each.records, each.through.tag if each.through else "")
        for each in found.versions
    ]


def test_a_judge_reaches_what_rests_on_their_judgments(cast: Cast, versions: list[Version]) -> None:
    expected = [("v2", 12, ""), ("v3", 0, "v2")]
    assert shown(judge_reach(cast.project, cast.annotator)) == expected
    # Also where a query is withdrawn since: what was learned was learned.
    Query.objects.filter(external_id="q1").update(withdrawn_at="2026-01-01T00:00Z")
    assert shown(judge_reach(cast.project, cast.annotator)) == expected
    assert shown(judge_reach(cast.project, cast.reviewer)) == []


def test_a_query_and_a_passage_reach_theirs(cast: Cast, versions: list[Version]) -> None:
    Query.objects.filter(external_id="q1").update(withdrawn_at="2026-01-01T00:00Z")
    both = [("v1", 6, ""), ("v2", 6, ""), ("v3", 0, "v2")]
    assert shown(query_reach(cast.project, "q1")) == both
    once = [("v1", 1, ""), ("v2", 1, ""), ("v3", 0, "v2")]
    assert shown(passage_reach(cast.project, "q1p0")) == once
    assert shown(query_reach(cast.project, "q99")) == []


def test_what_is_not_here_is_not_denied(cast: Cast, versions: list[Version]) -> None:
    snapshot = cast.project.snapshots.order_by("pk")[0]
    stored = blob_path(snapshot.files["judgments.jsonl"]["sha256"])
    assert stored is not None
    stored.unlink()
    found = query_reach(cast.project, "q1")
    assert (shown(found)[0][0], found.unread) == ("v2", [snapshot])


def test_reviewers_ask_by_page_and_api(cast: Cast, versions: list[Version]) -> None:
    url, who = "/api/v1/projects/library/reach/", bearer(cast.reviewer)
    found = Client().get(url, {"judge": cast.annotator.username}, **who).json()
    assert found["versions"] == [
        {"version": "library/finder@v2", "records": 12, "through": None},
        {"version": "library/finder@v3", "records": 0, "through": "library/finder@v2"},
    ]
    for asked, status in (
        ({}, HTTPStatus.BAD_REQUEST),
        ({"judge": "x", "query": "y"}, HTTPStatus.BAD_REQUEST),
        ({"judge": cast.outsider.username}, HTTPStatus.NOT_FOUND),
    ):
        assert Client().get(url, asked, **who).status_code == status
    assert Client().get(url, {"query": "q1"}, **bearer(cast.viewer)).status_code == 403
    page, path = Client(), "/projects/library/jobs/reach/"
    page.force_login(cast.reviewer)
    shown_page = page.get(path, {"judge": cast.annotator.username}).content.decode()
    assert "library/finder@v3" in shown_page
    assert "made from library/finder@v2" in shown_page
    assert "No version learned from it." in page.get(path, {"query": "q99"}).content.decode()
    page.force_login(cast.annotator)
    assert page.get(path).status_code == HTTPStatus.FORBIDDEN
