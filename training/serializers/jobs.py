"""What the API of training jobs takes and gives."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.access import Right, member_for, role_allows
from accounts.rest import Parameters, StrictSerializer
from models_app.serializers import MetricsField
from training.kinds import HELD_OUT, SPECS, JobKind, Stage
from training.ml.models.names import PACKAGED
from training.models import JobStatus, TrainingJob
from training.outcomes import outcome_of
from training.retrying import next_try
from training.selectors.base_models import DEFAULT, base_warning
from training.selectors.continuing import kept_of
from training.selectors.jobs import metrics_of
from training.selectors.likely import likely_standing
from training.selectors.progress import seconds_left
from training.selectors.queueing import queue_place
from training.selectors.trials import sweep_of
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
from training.spec.base import SpecError
from training.spec.train import TrainSpec

OUTPUTS: Final[Mapping[str, type[serializers.Serializer[Any]]]] = {
    JobKind.POOL: PoolOutcomeOutput,
    JobKind.SCORE: ScoreOutcomeOutput,
    JobKind.CURVE: CurveOutcomeOutput,
    JobKind.DOUBT: DoubtOutcomeOutput,
    JobKind.EVALUATE: EvaluateOutcomeOutput,
}


@extend_schema_field(
    {
        "anyOf": [
            {
                "type": "object",
                "title": f"Recipe of a job of kind {kind}",
                "properties": {key.name: key.json_schema() for key in spec.described()},
                "additionalProperties": False,
            }
            for kind, spec in SPECS.items()
        ]
    },
    component_name="Recipe",
)
class RecipeField(serializers.DictField):
    """Keys of the spec of the job's kind; unknown ones and wrong values are errors by name."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(data)
        kind = self.parent.initial_data.get("kind") if self.parent else None
        try:
            SPECS.get(str(kind), TrainSpec).from_dict(values)
        except SpecError as error:
            named = {key: [message] for key, message in error.errors.items()}
            raise serializers.ValidationError(named) from error
        return values


class NameField(serializers.CharField):
    """A name as JSON text: a number is no name, which a CharField would make of it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class JobsQuery(Parameters):
    """Which jobs to list, and in which order."""

    project = serializers.CharField(required=False, help_text="Only this project's jobs: its slug.")
    status = serializers.ChoiceField(choices=JobStatus.choices, required=False)
    kind = serializers.ChoiceField(choices=JobKind.choices, required=False)


class JobInput(StrictSerializer):
    """A job to run.

    `train` learns from a snapshot and publishes, `pool` builds candidates, `score` has a version
    score them, `curve` measures quality against the number of labels, `doubt` checks labels,
    `evaluate` measures a model that is there already.
    """

    project = serializers.CharField(help_text="The project's slug.")
    kind = serializers.ChoiceField(choices=JobKind.choices, default=JobKind.TRAIN)
    snapshot = serializers.CharField(
        required=False,
        help_text="The snapshot's id or digest; to train, evaluate, draw a curve or check labels.",
    )
    base_model = NameField(
        required=False,
        help_text="A name on the Hub, or an allowed folder's path; to train also TEAM/NAME@vN or "
        f"TEAM/NAME@alias of this registry. Default to train: {DEFAULT}; the bi-encoder to pool "
        f"with: {PACKAGED}, which needs no network. To score: TEAM/NAME@vN or TEAM/NAME@alias.",
    )
    reranker = serializers.CharField(
        required=False,
        help_text="To train: the name to publish under, made where the project has none. "
        "Default: reranker.",
    )
    again = serializers.BooleanField(
        required=False,
        help_text="To evaluate: measure anew what was measured already. Without it, such a job is "
        "answered as it is, with 200.",
    )
    recipe = RecipeField(default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        trains = attrs["kind"] == JobKind.TRAIN
        evaluates = attrs["kind"] == JobKind.EVALUATE
        learns = trains or evaluates or attrs["kind"] in HELD_OUT
        owned = (("snapshot", learns), ("reranker", trains), ("again", evaluates))
        errors: dict[str, Any] = {
            name: f"A job of kind {attrs['kind']} has no {name}."
            for name, has in owned
            if not has and name in attrs
        }
        if learns and "snapshot" not in attrs:
            errors["snapshot"] = "Name the snapshot to learn from or measure on."
        if attrs["kind"] == JobKind.SCORE and "base_model" not in attrs:
            errors["base_model"] = "Name the version to score with."
        if evaluates and "base_model" not in attrs:
            errors["base_model"] = "Name the model to evaluate."
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


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
