"""Jobs: what is asked for, where it stands, who runs it."""

from pathlib import Path
from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models import Snapshot
from models_app.models import Reranker
from training.kinds import HELD_OUT, STAGES, UNITS, JobKind, Stage
from training.spec.silver import OFF


class JobStatus(models.TextChoices):
    """Where a job stands. A trigger refuses every move that is not listed in `JOB_MOVES`."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    CANCELLING = "cancelling", "Cancelling"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


JOB_MOVES: Final[dict[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.QUEUED, JobStatus.CANCELLING, JobStatus.SUCCEEDED, JobStatus.FAILED}
    ),
    JobStatus.CANCELLING: frozenset({JobStatus.CANCELLED, JobStatus.SUCCEEDED}),
}
# A process runs them, under a lease.
HELD: Final = (JobStatus.RUNNING, JobStatus.CANCELLING)
JOB_TERMINAL: Final = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})


class TrainingJobQuerySet(models.QuerySet["TrainingJob"]):
    def unclaimed(self) -> Self:
        """Jobs that wait for a trainer, oldest first."""
        return self.filter(status=JobStatus.QUEUED).order_by("created_at")

    def abandoned(self) -> Self:
        """Jobs whose trainer stopped renewing its lease, on the database's clock."""
        return self.filter(
            status__in=[JobStatus.RUNNING, JobStatus.CANCELLING], lease_expires_at__lt=Now()
        )


class TrainingJob(models.Model):
    """One run of a recipe on a snapshot, or of a spec on a project's texts.

    The row is the truth; the broker is only a doorbell.
    """

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="training_jobs")
    kind = models.CharField(max_length=10, choices=JobKind.choices, default=JobKind.TRAIN)
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, null=True, related_name="training_jobs")
    reranker = models.ForeignKey(Reranker, models.CASCADE, null=True, related_name="training_jobs")
    base_model = models.CharField(
        max_length=200,
        help_text="What training starts from, the bi-encoder that pools, the version that scores.",
    )
    base_revision = models.CharField(
        max_length=40, blank=True, help_text="Commit id of a base from this registry, else empty."
    )
    base_used = models.JSONField(
        null=True, help_text="What was really loaded, and why; null until then. See `BaseInfo`."
    )
    recipe = models.JSONField(default=dict, help_text="The spec of its kind, every key.")
    outcome = models.JSONField(
        null=True, help_text="What came of it so far, unless it trains; see `training.outcomes`."
    )
    continues = models.OneToOneField(
        "self",
        models.CASCADE,  # RESTRICT would have a model wait for itself when a project is deleted
        null=True,
        related_name="continued_by",
        help_text="The training that was cancelled or failed and goes on as this job.",
    )
    checkpoint = models.JSONField(
        null=True, help_text="The newest checkpoint that was kept, and where; see `Checkpoint`."
    )
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.CLAIM)
    done = models.PositiveIntegerField(default=0, help_text="Units of the stage that are through.")
    total = models.PositiveIntegerField(default=0, help_text="Units of the stage; 0: not known.")
    pace = models.FloatField(null=True, help_text="Seconds per unit of the stage, of late.")
    memory = models.JSONField(
        null=True, help_text="What its processes hold, and held at most; see `MemoryUse`."
    )
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="Counts claims; what an earlier attempt still writes is refused."
    )
    losses = models.PositiveSmallIntegerField(
        default=0, help_text="How often its process died; a trainer that is shut down is no loss."
    )
    worker = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="What went wrong, and what to do.")
    out_of_memory = models.BooleanField(
        default=False, help_text="Whether it failed for want of memory, certainly or most likely."
    )
    traceback = models.TextField(blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = TrainingJobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(status__in=["running", "cancelling"]),
                name="job_lease",
            ),
            models.Index(fields=["created_at"], condition=Q(status="queued"), name="job_waiting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="job_status_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="job_kind_known"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="job_stage_known"),
            models.CheckConstraint(
                condition=Q(status__in=["running", "cancelling"], lease_expires_at__isnull=False)
                | (~Q(status__in=["running", "cancelling"]) & Q(lease_expires_at__isnull=True)),
                name="job_running_means_leased",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="job_done_of_total"),
            models.CheckConstraint(
                condition=Q(
                    kind="train",
                    snapshot__isnull=False,
                    reranker__isnull=False,
                    outcome__isnull=True,
                )
                | Q(kind="pool", snapshot__isnull=True, reranker__isnull=True)
                | Q(
                    ~Q(base_revision=""),
                    kind="score",
                    snapshot__isnull=True,
                    reranker__isnull=True,
                )
                | Q(
                    kind__in=["curve", "doubt", "evaluate"],
                    snapshot__isnull=False,
                    reranker__isnull=True,
                ),
                name="job_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="train") | Q(continues__isnull=True, checkpoint__isnull=True),
                name="job_that_trains_goes_on",
            ),
            models.CheckConstraint(
                condition=Q(kind="train") | ~Q(status="succeeded", outcome__isnull=True),
                name="job_success_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"

    @property
    def pools(self) -> bool:
        """Whether this is a pooling job, which has neither a snapshot nor a reranker."""
        return self.kind == JobKind.POOL

    @property
    def scores(self) -> bool:
        """Whether a version of a reranker scores candidates: its commit is `base_revision`."""
        return self.kind == JobKind.SCORE

    @property
    def draws(self) -> bool:
        """Whether this is a learning curve."""
        return self.kind == JobKind.CURVE

    @property
    def doubts(self) -> bool:
        """Whether labels are checked: by models that have not seen them."""
        return self.kind == JobKind.DOUBT

    @property
    def evaluates(self) -> bool:
        """Whether a model that is there already is measured on a snapshot."""
        return self.kind == JobKind.EVALUATE

    @property
    def holds_out(self) -> bool:
        """Whether it trains models to learn about labels, and publishes none."""
        return self.kind in HELD_OUT

    @property
    def parts(self) -> tuple[Snapshot, Reranker]:
        """The snapshot and the reranker of a job that trains; TypeError for any other."""
        if self.snapshot is None or self.reranker is None:
            raise TypeError(f"{self} has no snapshot and no reranker")
        return self.snapshot, self.reranker

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of this job, in order; those that its recipe leaves out are not among them."""
        left_out = set()
        if self.recipe.get("silver", OFF) == OFF:
            left_out.add(Stage.SILVER)
        if not self.mines and not self.recipe.get("random_negatives"):
            left_out.add(Stage.MINE)
        if not self.recipe.get("teacher"):
            left_out.add(Stage.TEACH)
        return tuple(stage for stage in STAGES[JobKind(self.kind)] if stage not in left_out)

    @property
    def mines(self) -> bool:
        """Whether it looks for passages that nobody judged, and may find relevant ones."""
        return str(self.recipe.get("mine_negatives", "none")) != "none"

    @property
    def finished(self) -> bool:
        return self.status in JOB_TERMINAL

    @property
    def seconds(self) -> float | None:
        """How long it ran, from its last start to its end; None before that."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def progress(self) -> float:
        """Share of the stage that the job is in, or was when it ended; 1 once it has succeeded."""
        if self.status == JobStatus.SUCCEEDED:
            return 1.0
        return self.done / self.total if self.total else 0.0

    @property
    def percent(self) -> int:
        return int(100 * self.progress)

    @property
    def far(self) -> str:
        """How far the stage has come, such as "30 of 120 steps"; empty where it is not known."""
        return f"{self.done:,} of {self.total:,} {self.unit}" if self.total else ""

    @property
    def unit(self) -> str:
        """What is counted in the stage, such as steps."""
        if self.holds_out and self.stage == Stage.TRAIN:
            return "pairs"  # of all trainings, which have steps of their own
        return UNITS.get(Stage(self.stage), "pairs")

    @property
    def short_id(self) -> str:
        return str(self.pk)[:8]

    @property
    def base_shown(self) -> str:
        """The base model's name; of a local folder only its last part."""
        return Path(self.base_model).name if self.base_model.startswith("/") else self.base_model
