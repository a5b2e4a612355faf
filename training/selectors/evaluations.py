"""Evaluations of models that were there already: which there are, and whether they agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import Project
from annotate.models import Snapshot
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL
from models_app.models import CHAMPION, Version
from training.kinds import JobKind
from training.models import JobMetric, JobStatus, TrainingJob

_STANDING = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation of a version with its headline figure, None until it has one."""

    job: TrainingJob
    figure: JobMetric | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """An earlier measurement of the same, and whether all figures came out equal.

    The champion's are no part of that: it is whoever was champion then.
    """

    job: TrainingJob
    equal: bool
    same_weights: bool


def evaluation_same(
    project: Project,
    *,
    snapshot: Snapshot,
    base_model: str,
    base_revision: str,
    recipe: Mapping[str, Any],
) -> TrainingJob | None:
    """Return the newest job that measures the same, or has; None where nobody asked for it.

    A version is the same by its commit, whatever alias named it.
    """
    rows = _evaluations(project).filter(
        snapshot=snapshot, recipe=dict(recipe), status__in=_STANDING, base_revision=base_revision
    )
    if not base_revision:
        rows = rows.filter(base_model=base_model)
    return rows.order_by("-created_at").first()


def evaluations_of(version: Version) -> list[EvaluationRow]:
    """Return the evaluations of a version in its project, newest first."""
    rows = _evaluations(version.reranker.project).filter(base_revision=version.revision)
    jobs = list(rows.select_related("snapshot").order_by("-created_at"))
    figures = JobMetric.objects.filter(
        job__in=jobs, split=HEADLINE_SPLIT, system=MODEL, metric=HEADLINE
    )
    of = {row.job_id: row for row in figures}
    return [EvaluationRow(job, of.get(job.pk)) for job in jobs]


def repeat_of(job: TrainingJob) -> Repeat | None:
    """Return the newest earlier evaluation that measured the same as this one, which has ended."""
    if not job.evaluates or job.status != JobStatus.SUCCEEDED or job.snapshot is None:
        return None
    rows = _evaluations(job.project).filter(
        snapshot=job.snapshot,
        recipe=job.recipe,
        base_revision=job.base_revision,
        status=JobStatus.SUCCEEDED,
        created_at__lt=job.created_at,
    )
    if not job.base_revision:
        rows = rows.filter(base_model=job.base_model)
    before = rows.order_by("-created_at").first()
    if before is None:
        return None
    weights = [(each.base_used or {}).get("weights_sha256") for each in (before, job)]
    return Repeat(before, _figures(before) == _figures(job), weights[0] == weights[1])


def _evaluations(project: Project) -> QuerySet[TrainingJob]:
    return TrainingJob.objects.filter(project=project, kind=JobKind.EVALUATE)


def _figures(job: TrainingJob) -> dict[tuple[str, str, str], float]:
    rows = job.metrics.exclude(system=CHAMPION).values_list("split", "system", "metric", "value")
    return {(split, system, metric): value for split, system, metric, value in rows}
