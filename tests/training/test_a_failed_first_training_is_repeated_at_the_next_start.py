"""While the sample has no version, each start queues one fresh job where the last one failed."""

from pathlib import Path

import pytest

from annotate.models import Snapshot
from tests.factory import Cast
from tests.models_app.published import publish
from tests.training.jobs import ready_snapshot
from training.models import TrainingJob
from training.services.jobs import job_cancel
from training.services.sample import RERANKER, first_train

pytestmark = pytest.mark.django_db


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return ready_snapshot(cast.project)


def start(snapshot: Snapshot, lines: int) -> list[str]:
    """Return the first lines of a start, as many as there are before it waits for a trainer."""
    told = first_train(project=snapshot.project, snapshot=snapshot)
    return [next(told) for _ in range(lines)]


def fail_last(error: str) -> TrainingJob:
    job = TrainingJob.objects.latest("created_at")
    TrainingJob.objects.filter(pk=job.pk).update(status="failed", error=error)
    return job


def test_a_failed_job_is_replaced_once_per_start(snapshot: Snapshot) -> None:
    assert start(snapshot, 1)[0].startswith("Training its first reranker")
    assert TrainingJob.objects.count() == 1
    fail_last("It was killed.")
    lines = start(snapshot, 2)
    assert lines[0] == "Its last training job failed: It was killed. A fresh one is queued."
    assert TrainingJob.objects.count() == 2
    start(snapshot, 1)  # the fresh one still waits: nothing is added
    assert TrainingJob.objects.count() == 2
    fail_last("No memory.")
    assert "No memory." in start(snapshot, 1)[0]
    assert TrainingJob.objects.filter(reranker__name=RERANKER).count() == 3


def test_who_cancelled_it_has_decided(snapshot: Snapshot, cast: Cast) -> None:
    start(snapshot, 1)
    job_cancel(job=TrainingJob.objects.get(), by=cast.owner)
    (line,) = first_train(project=snapshot.project, snapshot=snapshot)
    assert "was cancelled" in line
    assert TrainingJob.objects.count() == 1


def test_with_a_version_there_is_nothing_to_repeat(snapshot: Snapshot, tmp_path: Path) -> None:
    start(snapshot, 1)
    fail_last("It was killed.")
    publish(snapshot.project, tmp_path / "m", name=RERANKER)
    assert list(first_train(project=snapshot.project, snapshot=snapshot)) == []
    assert TrainingJob.objects.count() == 1
