"""Reads of the training room."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Window
from django.http import Http404

from accounts.access import Caller, LoginRequiredError, Right, project_for
from accounts.models import Project, User
from models_app.models import CHAMPION, Alias, Reranker, Version
from training.models import EventKind, JobEvent, TrainingJob

VERSIONS: Final = 50  # that a form offers
_RELATED = ("project", "snapshot", "reranker__project", "created_by", "continues", "continued_by")


def jobs_of(project: Project) -> QuerySet[TrainingJob]:
    """Return a project's jobs, newest first."""
    rows = project.training_jobs.select_related(*_RELATED[1:])
    return rows.order_by("-created_at", "-pk")


def jobs_seen_by(user: User, project: str | None = None, **fields: str) -> QuerySet[TrainingJob]:
    """Return the jobs of the caller's projects, or of the one under a slug, newest first.

    `fields` (status, kind) select among them. Raises as `project_for` does.
    """
    rows = TrainingJob.objects.select_related(*_RELATED).filter(
        project__members__user=user, **fields
    )
    if project is not None:
        rows = rows.filter(project=project_for(user, project))
    return rows.order_by("-created_at", "-pk")


def job_for(user: Caller, pk: UUID, right: Right = Right.VIEW) -> TrainingJob:
    """Return a job if the caller has `right` in its project; raises as `project_for` does."""
    if not isinstance(user, User):
        raise LoginRequiredError
    job = TrainingJob.objects.select_related(*_RELATED).filter(pk=pk).first()
    if job is None:
        raise Http404("There is no such job.")
    try:
        project_for(user, job.project.slug, right)
    except Http404 as error:
        raise Http404("There is no such job.") from error
    return job


def project_job(project: Project, pk: UUID) -> TrainingJob:
    """Return a job of a project. Raises Http404."""
    job = jobs_of(project).filter(pk=pk).first()
    if job is None:
        raise Http404("There is no such job in this project.")
    return job


def versions_to_score(project: Project) -> list[str]:
    """Name the newest versions of a project's rerankers, champions first, to choose among."""
    champion = Exists(Alias.objects.filter(version=OuterRef("pk"), name=CHAMPION))
    rows = Version.objects.filter(reranker__project=project).select_related("reranker__project")
    rows = rows.defer("facts", "lineage", "metrics").annotate(champion=champion)
    return [str(row) for row in rows.order_by("-champion", "-pk")[:VERSIONS]]


def reranker_last(project: Project) -> str | None:
    """Return the name under which a project trained last: most jobs make its next version."""
    jobs = jobs_of(project).filter(reranker__isnull=False).order_by("-created_at")
    return jobs.values_list("reranker__name", flat=True).first()


def version_of(job_id: UUID) -> Version | None:
    """Return the version that a job has published."""
    return Version.objects.select_related("reranker__project").filter(job=job_id).first()


def last_mined(reranker: Reranker) -> tuple[Version, dict[str, Any]] | None:
    """Return the newest version of a reranker that was mined from a corpus, and that corpus."""
    mined = reranker.versions.select_related("reranker__project").filter(
        facts__training_set__corpus__digest__isnull=False
    )
    version = mined.order_by("-number").first()
    return None if version is None else (version, version.facts["training_set"]["corpus"])


def versions_of(jobs: Sequence[TrainingJob]) -> dict[UUID, Version]:
    """Return the versions that these jobs have published, by job."""
    rows = Version.objects.select_related("reranker__project").filter(
        job__in=[job.pk for job in jobs]
    )
    return {row.job: row for row in rows if row.job is not None}


def events_of(job: TrainingJob, after: int = 0) -> QuerySet[JobEvent]:
    """Return what a job reported after event number `after`, oldest first."""
    return job.events.filter(pk__gt=after).order_by("pk")


def metrics_of(job: TrainingJob) -> dict[str, Any]:
    """Return a job's figures as `{split: {system: {metric: {value, low, high, n}}}}`."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for row in job.metrics.order_by("pk"):
        found[row.split][row.system][row.metric] = {
            "value": row.value,
            "low": row.low,
            "high": row.high,
            "n": row.n,
        }
    return {split: dict(systems) for split, systems in found.items()}


def log_tail(job: TrainingJob, lines: int) -> tuple[list[JobEvent], int]:
    """Return the last log lines of a job, oldest first, and how many there are before them."""
    rows = log_of(job).annotate(lines=Window(Count("pk"))).order_by("-pk")[:lines]
    found = [(row, row.lines) for row in rows]
    return [row for row, _ in reversed(found)], found[0][1] - len(found) if found else 0


def log_page(
    job: TrainingJob, size: int, *, after: int = 0, before: int = 0
) -> tuple[list[JobEvent], bool]:
    """Return `size` log lines of a job at most, oldest first, and whether there are more that way.

    The first ones after event `after`, or the last ones, or those before event `before`.
    """
    if after:
        found = list(log_of(job).filter(pk__gt=after)[: size + 1])
        return found[:size], len(found) > size
    rows = log_of(job).filter(pk__lt=before) if before else log_of(job)
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size][::-1], len(found) > size


def log_of(job: TrainingJob) -> QuerySet[JobEvent]:
    """Return all log lines of a job, oldest first."""
    return job.events.filter(kind=EventKind.LOG).order_by("pk")
