"""Where projects stand on the way from an import to a version, and what comes next."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from accounts.models import Project
from annotate.models import Passage, Query, Snapshot, SnapshotStatus
from annotate.selectors.progress import Coverage, coverage_of
from models_app.models import CHAMPION, Alias, Version
from training.kinds import JobKind
from training.models import JOB_TERMINAL, TrainingJob


class Step(StrEnum):
    """What to do next in a project, or to look at."""

    IMPORT = "import"
    POOL = "pool"
    POOLING = "pooling"
    JUDGE = "judge"
    FREEZE = "freeze"
    FREEZING = "freezing"
    TRAIN = "train"
    TRAINING = "training"
    MEND = "mend"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class Standing:
    """A project's coverage with its newest snapshot that did not fail, job and version.

    A job that is not finished goes before those that are, and a champion before other versions;
    `champion` says whether `version` is one. `job` trains, and `pooling` builds candidates just
    now. `poolable` says whether there are queries and passages.
    """

    coverage: Coverage
    snapshot: Snapshot | None = None
    job: TrainingJob | None = None
    version: Version | None = None
    champion: bool = False
    pooling: TrainingJob | None = None
    poolable: bool = False

    @property
    def busy(self) -> bool:
        """Whether a job that trains waits or runs."""
        return self.job is not None and not self.job.finished

    @property
    def step(self) -> Step:
        """What comes next: the furthest that the project has come, or the step after it."""
        if self.busy:
            return Step.TRAINING
        if self.pooling is not None:
            return Step.POOLING
        if self.version is not None:
            return Step.VERSION
        if self.job is not None:
            return Step.MEND
        if self.snapshot is not None:
            return Step.TRAIN if self.snapshot.ready else Step.FREEZING
        if self.coverage.judged or self.coverage.labelled:
            return Step.FREEZE
        if self.coverage.candidates:
            return Step.JUDGE
        return Step.POOL if self.poolable else Step.IMPORT


def standings_of(projects: Collection[Project]) -> dict[int, Standing]:
    """Return where each of these projects stands, by key, in six queries."""
    keys = [project.pk for project in projects]
    coverage = coverage_of(projects)
    frozen = Snapshot.objects.filter(project__in=keys).exclude(status=SnapshotStatus.FAILED)
    snapshots = frozen.order_by("project_id", "-pk").distinct("project_id")
    over = ExpressionWrapper(Q(status__in=JOB_TERMINAL), output_field=BooleanField())
    jobs = TrainingJob.objects.filter(project__in=keys).annotate(over=over)
    jobs = jobs.order_by("project_id", "kind", "over", "-created_at")
    jobs = jobs.distinct("project_id", "kind").defer("traceback")
    champion = Exists(Alias.objects.filter(version=OuterRef("pk"), name=CHAMPION))
    versions = Version.objects.filter(reranker__project__in=keys).annotate(champion=champion)
    versions = versions.select_related("reranker").defer("facts", "lineage", "metrics")
    versions = versions.order_by("reranker__project_id", "-champion", "-pk")
    versions = versions.distinct("reranker__project_id")
    poolable = set(
        Project.objects.filter(
            Exists(Query.objects.filter(project=OuterRef("pk"), withdrawn_at=None)),
            Exists(Passage.objects.filter(project=OuterRef("pk"), withdrawn_at=None)),
            pk__in=keys,
        ).values_list("pk", flat=True)
    )
    by_snapshot = {row.project_id: row for row in snapshots.defer("statistics", "files")}
    by_job = {(row.project_id, row.kind): row for row in jobs if not (row.pools and row.finished)}
    by_version = {row.reranker.project_id: row for row in versions}
    return {
        key: Standing(
            coverage=coverage.get(key, Coverage()),
            snapshot=by_snapshot.get(key),
            job=by_job.get((key, JobKind.TRAIN)),
            pooling=by_job.get((key, JobKind.POOL)),
            poolable=key in poolable,
            version=by_version.get(key),
            champion=key in by_version and by_version[key].champion,
        )
        for key in keys
    }
