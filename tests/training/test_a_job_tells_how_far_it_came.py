"""A succeeded job is done; one that failed or was cancelled keeps how far it came, and where."""

import uuid
from typing import Any

import pytest
from django.test import Client

from tests.factory import Cast, bearer
from tests.training.jobs import bare_version, ready_snapshot
from training.models import EventKind, JobStatus, TrainingJob
from training.services.claims import Claim, Report, job_claim, job_report
from training.services.jobs import job_cancel, job_create
from training.services.moves import held, job_fail, job_stop, status_move

pytestmark = pytest.mark.django_db
ASKED = "cross-encoder/ms-marco-MiniLM-L6-v2"
USED = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def job(cast: Cast) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model=ASKED,
        recipe={},
    )


def in_training(job: TrainingJob, **base: Any) -> Claim:
    claim = job_claim(job_id=job.pk, worker=f"host:{uuid.uuid4()}")
    assert claim is not None
    stage: list[tuple[EventKind, dict[str, Any]]] = [(EventKind.STAGE, {"stage": "train"})]
    job_report(claim=claim, report=Report(stage="train", base_used=base or None, events=stage))
    job_report(claim=claim, report=Report(done=1500, total=6000))
    return claim


def shown(client: Client, cast: Cast, job: TrainingJob) -> tuple[dict[str, Any], str]:
    """Return the job as the API and as its page show it, the list's row checked against the API."""
    body: dict[str, Any] = client.get(
        f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)
    ).json()
    (row,) = client.get("/api/v1/training-jobs/", **bearer(cast.viewer)).json()["results"]
    assert row.items() <= body.items()
    client.force_login(cast.viewer)
    page = client.get(f"/projects/library/jobs/{job.pk}/").content.decode()
    return body, " ".join(page.split())


def test_a_succeeded_job_is_done(client: Client, cast: Cast, job: TrainingJob) -> None:
    claim = in_training(job)
    bare_version(job)
    row = held(claim)
    assert row is not None
    status_move(row, JobStatus.SUCCEEDED, stage="finish", done=0, total=0)
    body, page = shown(client, cast, job)
    assert (body["status"], body["stage"], body["progress"]) == ("succeeded", "finish", 1)
    assert page.count('<li class="done"') == 7


def test_a_failed_job_keeps_how_far_it_came(client: Client, cast: Cast, job: TrainingJob) -> None:
    job_fail(claim=in_training(job), message="Too hot.")
    body, page = shown(client, cast, job)
    assert (body["stage"], body["progress"], body["done"], body["total"]) == (
        "train", 0.25, 1500, 6000,
    )  # fmt: skip
    assert "in Train at 1,500 of 6,000 steps" in page
    assert page.count('<li class="failed"') == 1
    assert "failed after" in page


def test_a_cancelled_job_is_not_called_failed(client: Client, cast: Cast, job: TrainingJob) -> None:
    claim = in_training(job)
    job_cancel(job=job, by=cast.manager)
    assert job_stop(claim=claim)
    body, page = shown(client, cast, job)
    assert (body["status"], body["stage"], body["progress"]) == ("cancelled", "train", 0.25)
    assert "in Train at 1,500 of 6,000 steps" in page
    assert page.count('<li class="cancelled"') == 1
    assert "cancelled after" in page
    assert "failed" not in page


def test_the_base_that_stands_in_is_named(client: Client, cast: Cast, job: TrainingJob) -> None:
    body, page = shown(client, cast, job)
    assert (body["base_model"], body["base_used"]) == (ASKED, None)
    reason = f"{ASKED} could not be fetched."
    claim = in_training(job, loaded=USED, revision="pip==1", fell_back=True, reason=reason)
    body, page = shown(client, cast, job)
    assert body["base_model"] == ASKED
    assert body["base_used"] == {
        "name": USED, "revision": "pip==1", "fell_back": True, "reason": reason,
    }  # fmt: skip
    words = f"Asked for <code>{ASKED}</code>, trained from <code>{USED}</code>: {reason}"
    assert words in page
    listed = client.get("/projects/library/jobs/").content.decode()
    assert f"instead of {ASKED}" in listed
    # The next attempt may find the Hub again.
    TrainingJob.objects.update(status="queued", lease_expires_at=None)
    assert job_report(claim=claim, report=Report(base_used={"loaded": "late"})) is None
    again = job_claim(job_id=job.pk, worker="host:again")
    assert again is not None
    assert shown(client, cast, job)[0]["base_used"] is None
