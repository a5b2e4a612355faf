"""What the API of training jobs gives, and which of them are wanted."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.access import Right, member_for, role_allows
from accounts.rest import Parameters
from models_app.serializers.evidence import MetricsField
from training.kinds import JobKind, Stage
from training.models import JobStatus, TrainingJob
from training.outcomes import outcome_of
from training.retrying import next_try
from training.selectors.base_models import base_warning
from training.selectors.continuing import kept_of
from training.selectors.jobs import metrics_of
from training.selectors.likely import likely_standing
from training.selectors.progress import seconds_left
from training.selectors.queueing import queue_place
from training.selectors.trials import sweep_of
from training.serializers.asking import RecipeField
from training.serializers.events import TrialData
from training.serializers.held_out import CurveOutcomeOutput, DoubtOutcomeOutput
from training.serializers.likely import LikelyStandingOutput
from training.serializers.outcomes import (
    EvaluateOutcomeOutput,
    PoolOutcomeOutput,
    PublishedOutput,
    ScoreOutcomeOutput,
)
from training.serializers.standing import KeptOutput, MemoryOutput, QueuePlaceOutput

OUTPUTS: Final[Mapping[str, type[serializers.Serializer[Any]]]] = {
    JobKind.POOL: PoolOutcomeOutput,
    JobKind.SCORE: ScoreOutcomeOutput,
    JobKind.CURVE: CurveOutcomeOutput,
    JobKind.DOUBT: DoubtOutcomeOutput,
    JobKind.EVALUATE: EvaluateOutcomeOutput,
}


class JobsQuery(Parameters):
    """Which jobs to list, and in which order."""

    project = serializers.CharField(required=False, help_text="Only this project's jobs: its slug.")
    status = serializers.ChoiceField(choices=JobStatus.choices, required=False)
    kind = serializers.ChoiceField(choices=JobKind.choices, required=False)


class BaseUsedOutput(serializers.Serializer[Any]):
    """The base that was really loaded; where another stands in for it, `reason` says why."""

    name = serializers.CharField(source="loaded")
    revision = serializers.CharField(allow_null=True, help_text="Commit or package version.")
    fell_back = serializers.BooleanField(help_text="Whether it stands in for what was asked for.")
    reason = serializers.CharField()


class JobOutput(serializers.ModelSerializer[TrainingJob]):
    """A job: what was asked for, and where it stands."""

    id = serializers.CharField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    snapshot = serializers.CharField(
        source="snapshot_id", read_only=True, allow_null=True, help_text="Null to pool and score."
    )
    snapshot_digest = serializers.CharField(
        source="snapshot.digest", read_only=True, allow_null=True
    )
    reranker = serializers.CharField(source="reranker.name", read_only=True, allow_null=True)
    repo_id = serializers.CharField(source="reranker.repo_id", read_only=True, allow_null=True)
    kind = serializers.ChoiceField(choices=JobKind.choices, read_only=True)
    status = serializers.ChoiceField(choices=JobStatus.choices, read_only=True)
    stage = serializers.ChoiceField(choices=Stage.choices, read_only=True)
    progress = serializers.FloatField(
        read_only=True,
        help_text="Share of the stage, 0 to 1. 1 after success; else how far the job came in it.",
    )
    base_model = serializers.CharField(
        source="base_shown",
        read_only=True,
        help_text="What was asked for; of a folder, only its last part.",
    )
    base_used = BaseUsedOutput(
        read_only=True, allow_null=True, help_text="What was loaded; null until then."
    )
    recipe = RecipeField(read_only=True, help_text="All keys, with what was left out.")
    created_by = serializers.CharField(
        source="created_by.username", allow_null=True, read_only=True
    )

    class Meta:
        model = TrainingJob
        fields = [
            "id", "project", "kind", "status", "stage", "progress", "done", "total", "attempt",
            "error", "snapshot", "snapshot_digest", "base_model", "base_used", "reranker",
            "repo_id", "recipe", "created_by", "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class JobDetailOutput(PublishedOutput, JobOutput):
    """A job with its figures and the number of the version it published."""

    outcome = serializers.SerializerMethodField(
        help_text="What a job that does not publish has stored, or null."
    )
    metrics = serializers.SerializerMethodField(help_text="{split: {system: {metric: figure}}}")
    traceback = serializers.SerializerMethodField(help_text="Of a crash; for managers only.")
    out_of_memory = serializers.BooleanField(
        read_only=True, help_text="Whether it failed for want of memory, as far as can be told."
    )
    next_try = serializers.SerializerMethodField(
        help_text="Where it did: keys of its recipe with the values to try next; else null."
    )
    continues = serializers.CharField(
        source="continues_id",
        allow_null=True,
        read_only=True,
        help_text="The job that was cancelled or failed and goes on as this one.",
    )
    continued_by = serializers.CharField(
        source="continued_by.pk",
        allow_null=True,
        read_only=True,
        help_text="The job that goes on with this one.",
    )
    kept = serializers.SerializerMethodField(
        help_text="Where it may be continued: what it goes on from; else null."
    )
    queue = serializers.SerializerMethodField(help_text="Where it waits; null unless it does.")
    seconds_left = serializers.SerializerMethodField(
        help_text="Until its end, as far as that can be told; else null."
    )
    memory = MemoryOutput(
        allow_null=True,
        read_only=True,
        help_text="Bytes that its processes hold.",
    )
    trials = serializers.SerializerMethodField(
        help_text="Of a sweep: one entry for each trial that has begun."
    )
    warning = serializers.SerializerMethodField(
        help_text="Before a base is loaded: what comes of it if the Hub is out of reach, as it "
        "probably is. Else empty."
    )

    likely = serializers.SerializerMethodField(
        help_text="Passages that nobody judged and that its version finds relevant; null where "
        "nothing was mined, or none was found."
    )

    class Meta(JobOutput.Meta):
        fields = [
            *JobOutput.Meta.fields, "metrics", "version", "verdict", "outcome", "traceback",
            "warning", "out_of_memory", "next_try", "continues", "continued_by", "kept",
            "queue", "seconds_left", "memory", "trials", "likely",
        ]  # fmt: skip

    @extend_schema_field(RecipeField(allow_null=True))
    def get_next_try(self, job: TrainingJob) -> dict[str, Any] | None:
        return next_try(job.recipe) if job.out_of_memory else None

    @extend_schema_field(KeptOutput(allow_null=True))
    def get_kept(self, job: TrainingJob) -> dict[str, Any] | None:
        kept = kept_of(job)
        return None if kept is None else dict(KeptOutput(kept).data)

    @extend_schema_field(QueuePlaceOutput(allow_null=True))
    def get_queue(self, job: TrainingJob) -> dict[str, Any] | None:
        place = queue_place(job)
        return None if place is None else dict(QueuePlaceOutput(place).data)

    @extend_schema_field({"type": ["number", "null"]})
    def get_seconds_left(self, job: TrainingJob) -> float | None:
        return seconds_left(job)

    @extend_schema_field(TrialData(many=True))
    def get_trials(self, job: TrainingJob) -> list[dict[str, Any]]:
        return [dict(TrialData(trial).data) for trial in sweep_of(job).trials]

    @extend_schema_field(LikelyStandingOutput(allow_null=True))
    def get_likely(self, job: TrainingJob) -> dict[str, Any] | None:
        standing = likely_standing(job)
        return None if standing is None else dict(LikelyStandingOutput(standing).data)

    @extend_schema_field(
        PolymorphicProxySerializer(
            component_name="JobOutcome",
            serializers=list(OUTPUTS.values()),
            resource_type_field_name=None,
            allow_null=True,
        )
    )
    def get_outcome(self, job: TrainingJob) -> dict[str, Any] | None:
        outcome = outcome_of(job)
        if outcome is None:
            return None
        return dict(OUTPUTS[job.kind](outcome).data)

    @extend_schema_field(MetricsField)
    def get_metrics(self, job: TrainingJob) -> dict[str, Any]:
        return metrics_of(job)

    @extend_schema_field(OpenApiTypes.STR)
    def get_warning(self, job: TrainingJob) -> str:
        return base_warning(job)

    @extend_schema_field(OpenApiTypes.STR)
    def get_traceback(self, job: TrainingJob) -> str:
        member = member_for(self.context["user"], job.project.slug)
        return job.traceback if role_allows(member.role, Right.MANAGE) else ""
