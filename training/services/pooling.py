"""Pooling jobs: asked for, their findings stored chunk by chunk, ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Project, User
from annotate.selectors.pooling import poolable_of, queries_named
from annotate.services.arranging import queue_refresh
from annotate.services.pairing import pairs_refresh
from annotate.services.proposing import Proposed, Stored, candidates_propose
from training.kinds import JobKind
from training.ml.models.names import PACKAGED
from training.ml.search.languages import stemmed_language
from training.models import TrainingJob
from training.outcomes import PoolOutcome
from training.selectors.base_models import base_checked
from training.services.claims import Claim
from training.services.enqueuing import job_enqueue
from training.services.storing import job_ending, job_storing
from training.spec.base import SpecError
from training.spec.pool import LISTED, PoolSpec

Tally = Callable[[PoolOutcome, Stored], None]


@transaction.atomic
def pool_create(
    *, project: Project, created_by: User | None, base_model: str, recipe: Mapping[str, Any]
) -> TrainingJob:
    """Ask for a job that builds candidates; `base_model` is its bi-encoder, "" the packaged one.

    `recipe` holds keys of `PoolSpec`; what is left out has its default. Raises ValidationError per
    field, also where there is nothing to pool; ConflictError as `job_enqueue` does.
    """
    spec = _spec(recipe, project)
    _poolable(project, spec)
    base = base_checked(base_model.strip() or PACKAGED, project=project, user=created_by)
    if base.revision:
        raise ValidationError({"base_model": f"{base.name} is a reranker; name a bi-encoder."})
    return job_enqueue(
        project=project,
        kind=JobKind.POOL,
        base_model=base.name,
        recipe=spec.to_dict(),
        created_by=created_by,
    )


def pool_store(*, claim: Claim, rows: Sequence[Proposed], last_query: int, tally: Tally) -> None:
    """Store what the systems found for the queries up to `last_query`, and count it, once.

    `rows` are all that their runs say of these queries; `tally` adds what came of them to the
    outcome, in the same transaction. A repeat does nothing. Raises LostClaimError where the job is
    to be cancelled or no longer ours.
    """
    with job_storing(claim) as job:
        outcome = PoolOutcome.from_dict(job.outcome)
        if last_query <= outcome.last_query:
            return
        tally(outcome, candidates_propose(project=job.project, rows=rows, replace=True))
        outcome.last_query = last_query
        claim.rows().update(outcome=outcome.to_dict())


def pool_finish(*, claim: Claim, outcome: PoolOutcome) -> None:
    """End a pooling job as succeeded; the queue takes what it brought in its own order.

    Raises LostClaimError as `pool_store` does.
    """
    line = f"{outcome.new:,} new candidates for {outcome.queries:,} queries."
    with job_ending(claim, outcome=outcome.to_dict(), line=line) as job:
        queue_refresh(project=job.project)
        pairs_refresh(project=job.project)


def _spec(recipe: Mapping[str, Any], project: Project) -> PoolSpec:
    try:
        spec = PoolSpec.from_dict(recipe)
    except SpecError as error:
        raise ValidationError(dict(error.errors)) from error
    return replace(spec, language=spec.language or stemmed_language(project.language))


def _poolable(project: Project, spec: PoolSpec) -> None:
    there = poolable_of(project)
    missing = [
        name for name in ("queries", "passages") if not getattr(there, name)
    ]  # fmt: skip
    if missing:
        message = f"This project has no {' and no '.join(missing)} yet; import them first."
        raise ValidationError({"queries": message})
    if spec.queries == LISTED:
        found = {query.key for query in queries_named(project, spec.query_ids)}
        unknown = [name for name in spec.query_ids if name not in found]
        if unknown:
            some = ", ".join(name[:40] for name in unknown[:5])
            message = f"There are no such queries in this project: {some}."
            raise ValidationError({"query_ids": message})
