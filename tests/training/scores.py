"""Scoring jobs for tests: a real, tiny version of a reranker, and jobs that score with it."""

from pathlib import Path
from typing import Any

from accounts.models import Project
from annotate.models import Candidate, Proposal
from models_app.models import Version
from tests.factory import Cast, make_candidate, make_passage, make_query
from tests.models_app.published import publish
from tests.tiny import tiny_cross_encoder
from tests.tiny_run import RecordingReporter
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.load import base_load
from training.ml.models.save import model_save
from training.ml.reporter import Reporter
from training.models import JobStatus, TrainingJob
from training.outcomes import ScoreOutcome
from training.process.scoring import Scoring
from training.services.claims import job_claim
from training.services.scoring import score_create, score_finish

TEMPLATES = {"query_template": "Find: {query}", "passage_template": "{title} | {text}"}
LENGTH = 24


def tiny_version(
    project: Project,
    folder: Path,
    *,
    seed: int = 0,
    metadata: dict[str, Any] | None = None,
    **fields: Any,
) -> Version:
    """Publish an untrained version of `finder` with real files, templates and a length."""
    base = base_find(BaseRequest(str(tiny_cross_encoder(folder / "base", seed=seed))))
    model = base_load(base, seed=seed, max_length=LENGTH)
    model_save(model, folder / "saved", metadata or {**TEMPLATES, "max_length": LENGTH})
    return publish(project, folder / "saved", saved=True, **fields)


def pairs_project(project: Project, *, queries: int = 4, passages: int = 5) -> list[Candidate]:
    """Give a project candidates of several lengths, every other passage with a title."""
    rows: list[Candidate] = []
    for q in range(queries):
        query = make_query(project, f"how to read a file {q}", f"q{q}")
        for p in range(passages):
            text = f"open the {'json ' * p}number {q} {p}"
            passage = make_passage(project, text, f"q{q}p{p}", "title" if p % 2 else "")
            rows.append(make_candidate(query, passage, position=len(rows)))
    return rows


def make_score_job(cast: Cast, version: Version | str, **recipe: Any) -> TrainingJob:
    return score_create(
        project=cast.project, created_by=cast.manager, base_model=str(version), recipe=recipe
    )


def scored_here(job: TrainingJob, folder: Path, reporter: Reporter | None = None) -> ScoreOutcome:
    """Run a job in this process, with a scratch folder of its own, and return its outcome."""
    claim = job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    assert claim is not None
    scratch = folder / f"attempt-{claim.attempt}-{str(job.pk)[:8]}"
    reporter = reporter or RecordingReporter()
    outcome = Scoring(job, claim=claim, reporter=reporter, folder=scratch).run()
    score_finish(claim=claim, outcome=outcome)
    job.refresh_from_db()
    assert job.status == JobStatus.SUCCEEDED
    return outcome


def scores_of(project: Project, run: str) -> dict[int, tuple[int | None, float | None]]:
    """Return rank and score of each candidate in a run."""
    rows = Proposal.objects.filter(run__project=project, run__name=run)
    return {row.candidate_id: (row.rank, row.score) for row in rows}
