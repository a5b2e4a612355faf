"""Pooling jobs for tests: a project with texts and no candidate, and jobs that pool it."""

from pathlib import Path
from typing import Any

from django.test import override_settings

from accounts.models import Project
from annotate.models import Passage, Proposal, Query
from tests.factory import Cast, make_passage, make_query
from tests.tiny import tiny_bi_encoder
from tests.tiny_run import RecordingReporter
from training.ml.reporter import Reporter
from training.models import JobStatus, TrainingJob
from training.outcomes import PoolOutcome
from training.process.pooling import Pooling
from training.services.claims import job_claim
from training.services.pooling import pool_create, pool_finish

TOPICS = ("file", "date", "list", "url", "json", "text")


def texts_project(project: Project, *, queries: int = 6, passages: int = 30) -> None:
    """Give a project queries and passages about a few topics, and no candidate."""
    for number in range(queries):
        make_query(project, f"how to read a {TOPICS[number % 6]}", f"q{number}")
    for number in range(passages):
        make_passage(project, f"open the {TOPICS[number % 6]} number {number}", f"p{number}")


def make_pool_job(cast: Cast, base: Path | None = None, **recipe: Any) -> TrainingJob:
    """Ask for a pooling job; without a bi-encoder's folder only BM25 takes part."""
    if base is None:
        recipe = {"bi_encoder_depth": 0, **recipe}
    with override_settings(BASE_MODEL_FOLDERS=[str(base.parent)] if base else []):
        return pool_create(
            project=cast.project,
            created_by=cast.manager,
            base_model=str(base or ""),
            recipe=recipe,
        )


def pooled_here(job: TrainingJob, folder: Path, reporter: Reporter | None = None) -> PoolOutcome:
    """Run a job in this process, in `folder`, and return its outcome."""
    claim = job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    assert claim is not None
    reporter = reporter or RecordingReporter()
    outcome = Pooling(job, claim=claim, reporter=reporter, folder=folder).run()
    pool_finish(claim=claim, outcome=outcome)
    job.refresh_from_db()
    assert job.status == JobStatus.SUCCEEDED
    return outcome


def bi_encoder(folder: Path) -> Path:
    """Return the folder of a tiny bi-encoder."""
    return tiny_bi_encoder(folder)


def run_of(project: Project, name: str, query: Query) -> list[tuple[Passage, int | None]]:
    """Return what a run ranks for a query, best first."""
    rows = Proposal.objects.filter(run__project=project, run__name=name, candidate__query=query)
    rows = rows.select_related("candidate__passage").order_by("rank")
    return [(row.candidate.passage, row.rank) for row in rows]
