"""A finished job that found passages that nobody judged, made without training."""

from annotate.models import Candidate, Passage, Query, Snapshot
from tests.factory import Cast, make_passage, make_query
from tests.training.jobs import bare_version, ready_snapshot
from training.ml.sets.likely import LikelyScored, Why
from training.models import TrainingJob
from training.services.claims import job_claim
from training.services.jobs import job_create
from training.services.likely import likely_store

RECIPE = {"mine_negatives": "both", "num_negatives": 2}
WHYS: tuple[Why, ...] = ("close", "alike", "negative")


def mined_job(cast: Cast, pairs: int, snapshot: Snapshot | None = None) -> TrainingJob:
    """Return a job that succeeded with so many pairs, two to a query, scored from 0.99 down."""
    job = job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=snapshot or ready_snapshot(cast.project),
        base_model="",
        recipe=RECIPE,
    )
    assert job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    made = []
    for number in range(pairs):
        query = Query.objects.filter(project=cast.project, external_id=f"m{number // 2}").first()
        query = query or make_query(cast.project, f"question {number // 2}", f"m{number // 2}")
        text = f"answer {number}"
        passage = Passage.objects.filter(project=cast.project, text__text=text).first()
        passage = passage or make_passage(cast.project, text, f"a{number}" if number else None)
        made.append((query, passage))
    likely_store(
        job=job,
        found=[
            LikelyScored(query.key, passage.key, 0.99 - number / 1000, None, WHYS[number % 3])
            for number, (query, passage) in enumerate(made)
        ],
    )
    bare_version(job)
    TrainingJob.objects.filter(pk=job.pk).update(
        status="succeeded", stage="finish", lease_expires_at=None
    )
    job.refresh_from_db()
    return job


def candidate_of(cast: Cast, number: int) -> Candidate:
    """Return the candidate that the pair of this number has become."""
    passage = Passage.objects.get(project=cast.project, text__text=f"answer {number}")
    return Candidate.objects.get(project=cast.project, passage=passage)
