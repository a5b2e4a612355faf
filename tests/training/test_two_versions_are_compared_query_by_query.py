"""Versions that were measured on the same queries are tested against each other, pair by pair."""

from pathlib import Path
from random import Random

import pytest
from django.test import Client

from annotate.models import Snapshot
from models_app.comparison import Met, versions_compare
from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import make_public, publish
from tests.training.jobs import ready_snapshot, running_job
from training.kinds import JobKind
from training.models import JobMetric, JobQueryScore, TrainingJob
from training.services.claims import job_claim
from training.services.enqueuing import job_enqueue
from training.spec.evaluate import EvaluateSpec

API = "/api/v1/rerankers/library/finder/compare/?a=1&b=2"
PAGE = "/library/finder/compare/"
QUERIES = 30


def measured(
    cast: Cast, folder: Path, value: float, *, snapshot: str = "5a" * 32, swing: float = 0
) -> Version:
    """Publish a version whose nDCG@10 is near `value`, on every second query a `swing` lower or
    higher."""
    job, noise = running_job(cast.project), Random(value)
    JobQueryScore.objects.bulk_create(
        JobQueryScore(
            job=job, split="test", system="model", query_id=f"q{n}",
            values={
                "nDCG@10": value + noise.gauss(0, 0.02) + (swing if n % 2 else -swing),
                "Judged@10": 1.0,
            },
        )
        for n in range(QUERIES)
    )  # fmt: skip
    return publish(
        cast.project, folder / str(value), job=job.pk, model=value, snapshot_digest=snapshot
    )


def shown(client: Client, cast: Cast, path: str = PAGE) -> str:
    client.login(username=cast.viewer.username, password=PASSWORD)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (0.6, 0.7, "On 30 test queries v2 ranks better than v1."),
        (0.7, 0.6, "On 30 test queries v2 ranks worse than v1."),
        (0.7, 0.7001, "On 30 test queries v2 is not shown to differ from v1."),
    ],
)
def test_the_page_says_what_the_paired_test_shows_and_the_api_gives_its_figures(
    client: Client, cast: Cast, tmp_path: Path, first: float, second: float, words: str
) -> None:
    measured(cast, tmp_path, first)
    version = measured(cast, tmp_path, second)
    rows = client.get(API, **bearer(cast.viewer)).json()["metrics"]
    tested = {(row["split"], row["system"], row["metric"]): row["paired"] for row in rows}
    paired = tested.pop(("test", "model", "nDCG@10"))
    assert paired["n"] == QUERIES
    assert paired["delta"] == pytest.approx(second - first, abs=0.02)
    assert not any(tested.values())
    page = shown(client, cast)
    assert words in page
    assert version.tag == "v2"


def test_the_test_is_of_differences_by_query_not_of_means(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    measured(cast, tmp_path, 0.6)
    # Better on half of the queries by as much as worse on the others.
    measured(cast, tmp_path, 0.601, swing=0.2)
    rows = client.get(API, **bearer(cast.viewer)).json()["metrics"]
    (paired,) = [row["paired"] for row in rows if row["paired"]]
    assert paired["low"] < 0 < paired["high"]
    assert paired["p"] > 0.5


def test_different_snapshots_are_not_tested_and_it_is_said(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    measured(cast, tmp_path, 0.6)
    measured(cast, tmp_path, 0.7, snapshot="6b" * 32)
    rows = client.get(API, **bearer(cast.viewer)).json()["metrics"]
    assert not any(row["paired"] for row in rows)
    assert "v1 and v2 were measured on different snapshots" in shown(client, cast)


def test_versions_without_scores_per_query_are_shown_side_by_side_untested(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "a", model=0.6)
    publish(cast.project, tmp_path / "b", seed=1, model=0.7)
    page = shown(client, cast)
    assert "nothing was tested" in page
    assert "+0.100" in page


def test_two_are_chosen_on_the_pages_of_the_reranker_and_of_the_version(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    first = publish(cast.project, tmp_path / "a")
    assert "has a single version, v1" in shown(client, cast)
    assert PAGE not in shown(client, cast, "/library/finder")
    assert PAGE not in shown(client, cast, "/library/finder/versions/1/")
    for row in range(2):
        publish(cast.project, tmp_path / f"b{row}", seed=row + 1)
    assert f'action="{PAGE}"' in shown(client, cast, "/library/finder")
    assert f'href="{PAGE}?b=v2"' in shown(client, cast, "/library/finder/versions/2/")
    pairs = {"": "v2 v3", "?b=v2": "v1 v2", "?b=1": "v3 v1", "?a=3&b=2": "v3 v2"}
    for asked, pair in pairs.items():
        comparison = client.get(PAGE + asked).context["comparison"]
        assert f"{comparison.a.tag} {comparison.b.tag}" == pair, asked
    alias_move(
        reranker=first.reranker, name="champion", version=first, reason="x", moved_by=cast.owner
    )
    assert client.get(PAGE).context["comparison"].a == first
    gone = client.get(f"{PAGE}?a=7")
    assert gone.status_code == 404
    assert "There is no version 7 of library/finder." in gone.content.decode()


def test_who_may_read_the_versions_may_compare_them(
    client: Client, cast: Cast, version: Version, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "b", seed=1)
    assert client.get(PAGE).status_code == 302
    client.login(username=cast.outsider.username, password=PASSWORD)
    assert client.get(PAGE).status_code == 404
    make_public(version.reranker)
    assert client.get(PAGE).status_code == 200
    client.logout()
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 405


@pytest.fixture
def version(cast: Cast, tmp_path: Path) -> Version:
    return publish(cast.project, tmp_path / "a")


def evaluated(version: Version, snapshot: Snapshot, value: float, seen: int = 0) -> TrainingJob:
    """An evaluation of a version on a snapshot, which it has ended."""
    job = job_enqueue(
        project=version.reranker.project, kind=JobKind.EVALUATE, created_by=None,
        snapshot=snapshot, base_model=str(version), base_revision=version.revision,
        recipe=EvaluateSpec().to_dict(),
    )  # fmt: skip
    exposure = {"test": seen, "test_queries": QUERIES, "unread": []}
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    noise = Random(value)
    JobQueryScore.objects.bulk_create(
        JobQueryScore(
            job=job, split="test", system="model", query_id=f"q{n}",
            values={"nDCG@10": value + noise.gauss(0, 0.02)},
        )
        for n in range(QUERIES)
    )  # fmt: skip
    JobMetric.objects.create(
        job=job, split="test", system="model", metric="nDCG@10", value=value, n=QUERIES
    )
    TrainingJob.objects.filter(pk=job.pk).update(
        status="succeeded", stage="finish", lease_expires_at=None, outcome={"exposure": exposure}
    )
    return job


def test_versions_of_different_snapshots_are_compared_where_both_were_evaluated(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    one = measured(cast, tmp_path, 0.9)
    two = measured(cast, tmp_path, 0.1, snapshot="6b" * 32)
    TrainingJob.objects.update(status="succeeded", stage="finish", lease_expires_at=None)
    later = ready_snapshot(cast.project)
    evaluated(one, later, 0.6)
    evaluated(two, later, 0.7, seen=3)
    page = shown(client, cast)
    assert f"On 30 test queries of snapshot {later.short_digest} v2 ranks better than v1." in page
    assert "v2 was trained on 3 of the 30 test queries: its figures are too good there." in page
    assert "v2 against v1: " in page
    answer = client.get(API, **bearer(cast.viewer)).json()
    (row,) = [row for row in answer["metrics"] if row["paired"]]
    assert (row["a"]["value"], row["b"]["value"]) == (0.6, 0.7)
    assert (answer["measured_on"], answer["same_snapshot"]) == (later.short_digest, True)
    # Evaluations are the project's own: who reads a public reranker from outside sees none.
    make_public(one.reranker)
    client.logout()
    assert "v1 and v2 were measured on different snapshots" in client.get(PAGE).content.decode()


def test_members_see_where_two_versions_differ_most(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    first = measured(cast, tmp_path, 0.6)
    measured(cast, tmp_path, 0.61, swing=0.2)
    page = shown(client, cast)
    assert "v2 against v1: 15 wins, 0 ties and 15 losses by nDCG@10." in page
    differences = client.get(PAGE).context["between"]
    assert len(differences.losses) == len(differences.wins) == 10
    assert differences.losses[0].delta == min(row.delta for row in differences.losses) < -0.15
    assert differences.wins[0].delta == max(row.delta for row in differences.wins) > 0.15
    make_public(first.reranker)
    client.logout()
    assert "Query by query" not in client.get(PAGE).content.decode()


def test_a_split_stands_on_the_page_once_whatever_either_version_was_measured_beside(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "a")
    second = publish(cast.project, tmp_path / "b", seed=1)
    systems = second.metrics["test"]
    metrics = {**second.metrics, "test": {**systems, "champion": systems["model"]}}
    later = versions_compare(second, second, met=Met("5a5a", second.metrics, metrics, []))
    order = [row.split for row in later.metrics]
    assert order == sorted(order, key=order.index)
    assert "champion" in {row.system for row in later.metrics}
    page = shown(client, cast)
    assert page.count("<strong>Test split.</strong>") == 1
