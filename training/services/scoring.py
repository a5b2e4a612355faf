"""Scoring jobs: asked for, their scores stored chunk by chunk, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Project, User
from annotate.selectors.scoring import Wanted, scorable_any
from annotate.services.arranging import queue_rescore
from annotate.services.proposing import Proposed, candidates_propose, run_check, run_ensure
from training.kinds import JobKind
from training.models import TrainingJob
from training.outcomes import ScoreOutcome
from training.selectors.base_models import Base, base_checked
from training.services.claims import Claim
from training.services.enqueuing import job_enqueue
from training.services.storing import job_ending, job_storing
from training.spec.base import SpecError
from training.spec.score import UNJUDGED, ScoreSpec


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """The scores of all wanted candidates of some queries, up to the query `last_query`.

    `weights_sha256` names what scored them, `left_out` counts pairs that were gone by then,
    `seconds` is what it took, `backend` what computed them, `fidelity` how it was measured.
    """

    rows: Sequence[Proposed]
    last_query: int
    queries: int
    left_out: int
    seconds: float
    weights_sha256: str
    backend: str
    fidelity: Mapping[str, Any] | None = None


@transaction.atomic
def score_create(
    *, project: Project, created_by: User | None, base_model: str, recipe: Mapping[str, Any]
) -> TrainingJob:
    """Ask for a job that scores the project's candidates; `base_model` names the version.

    It is a version of this registry, `TEAM/NAME@vN` or `TEAM/NAME@alias`, and pinned now. `recipe`
    holds keys of `ScoreSpec`; what is left out has its default. Raises ValidationError per field,
    also where there is nothing to score and where the run holds something else; ConflictError as
    `job_enqueue` does.
    """
    version = version_checked(base_model, project=project, user=created_by)
    spec = _spec(recipe, version.name)
    if not scorable_any(project, wanted_of(spec)):
        raise ValidationError({"candidates": "This project has no such candidates to score."})
    run_check(project=project, name=spec.run or "", version=version.revision)
    return job_enqueue(
        project=project,
        kind=JobKind.SCORE,
        base_model=version.name,
        base_revision=version.revision,
        recipe=spec.to_dict(),
        created_by=created_by,
    )


def version_checked(name: str, *, project: Project, user: User | None) -> Base:
    """Return the version under a name; raises ValidationError on `base_model` for anything else."""
    found = base_checked(name, project=project, user=user) if name.strip() else None
    if found is None or not found.revision:
        raise ValidationError(
            {
                "base_model": "Name a version of this registry to score with: TEAM/NAME@v1 or"
                " TEAM/NAME@alias."
            }
        )
    return found


def wanted_of(spec: ScoreSpec) -> Wanted:
    """Return which candidates a spec asks for."""
    return Wanted(unjudged=spec.candidates == UNJUDGED, per_query=spec.per_query)


def score_store(*, claim: Claim, chunk: ScoredChunk) -> None:
    """Store the scores of some queries, and count them, once; a repeat does nothing.

    They are all that their run has to say of these queries. Raises LostClaimError where the job is
    to be cancelled or no longer ours, ValidationError where the run was taken meanwhile.
    """
    with job_storing(claim) as job:
        outcome = ScoreOutcome.from_dict(job.outcome)
        if chunk.last_query <= outcome.last_query:
            return
        run = job.recipe["run"]
        run_ensure(project=job.project, name=run, version=job.base_revision)
        stored = candidates_propose(project=job.project, rows=chunk.rows, replace=True)
        outcome.version, outcome.revision, outcome.run = job.base_model, job.base_revision, run
        outcome.weights_sha256 = chunk.weights_sha256
        outcome.backend, outcome.fidelity = chunk.backend, chunk.fidelity
        outcome.last_query = chunk.last_query
        outcome.queries += chunk.queries
        outcome.pairs += len(chunk.rows) - stored.refused
        outcome.refused += stored.refused + chunk.left_out
        outcome.scoring = round(outcome.scoring + chunk.seconds, 3)
        claim.rows().update(outcome=outcome.to_dict())


def score_finish(*, claim: Claim, outcome: ScoreOutcome) -> None:
    """End a scoring job as succeeded; a queue whose order looks at the run is arranged anew.

    Raises LostClaimError as `score_store` does.
    """
    line = f"{outcome.pairs:,} candidates of {outcome.queries:,} queries scored."
    with job_ending(claim, outcome=outcome.to_dict(), line=line) as job:
        queue_rescore(project=job.project, run=job.recipe["run"])


def _spec(recipe: Mapping[str, Any], version: str) -> ScoreSpec:
    try:
        spec = ScoreSpec.from_dict(recipe)
    except SpecError as error:
        raise ValidationError(dict(error.errors)) from error
    return replace(spec, run=spec.run or version.partition("/")[2])
