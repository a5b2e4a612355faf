"""What the API gives of what came of a job."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from models_app.models import Version
from models_app.serializers.evidence import VerdictSerializer
from models_app.verdict import verdict_of
from training.models import TrainingJob
from training.selectors.jobs import version_of


class SystemOutcomeOutput(serializers.Serializer[Any]):
    """One system: pairs it proposed, those only it proposed, and those that were new."""

    run = serializers.CharField()
    depth = serializers.IntegerField()
    proposed = serializers.IntegerField()
    alone = serializers.IntegerField()
    new = serializers.IntegerField()
    known = serializers.IntegerField()
    queries = serializers.IntegerField(help_text="Queries for which it found something.")


class PoolOutcomeOutput(serializers.Serializer[Any]):
    """What a pooling job has stored so far; what is null is counted at its end."""

    queries = serializers.IntegerField(help_text="Queries whose candidates are stored.")
    empty_queries = serializers.IntegerField(help_text="Of them, those nothing was found for.")
    passages = serializers.IntegerField(help_text="Different wordings that were searched.")
    duplicates = serializers.IntegerField(help_text="Passages that read as another one does.")
    pairs = serializers.IntegerField(help_text="The union of what the systems proposed.")
    shared = serializers.IntegerField(help_text="Of them, those that both systems proposed.")
    new = serializers.IntegerField(help_text="Candidates that were made.")
    known = serializers.IntegerField(help_text="Pairs that were candidates before.")
    refused = serializers.IntegerField(help_text="Pairs withdrawn while the job ran.")
    systems = serializers.DictField(child=SystemOutcomeOutput())
    passages_never_pooled = serializers.IntegerField(allow_null=True)
    queries_without_candidates = serializers.IntegerField(
        allow_null=True, help_text="In the whole project, when the job ended."
    )
    seconds = serializers.DictField(child=serializers.FloatField(), help_text="By stage.")


class FidelityOutput(serializers.Serializer[Any]):
    """A backend beside torch in float32, measured on the host that scored."""

    factor = serializers.FloatField(help_text="Its speed, in times of torch's.")
    rate = serializers.FloatField(help_text="Pairs per second when it was chosen.")
    pairs = serializers.IntegerField(help_text="Pairs that both scored.")
    spearman = serializers.FloatField(help_text="Rank correlation of the two scores.")
    difference = serializers.FloatField(help_text="The most that a score differs.")
    queries = serializers.IntegerField(help_text="Judged queries behind `ndcg`.")
    ndcg = serializers.FloatField(
        allow_null=True, help_text="Change of nDCG@10; null: too few judged queries."
    )


class ScoreOutcomeOutput(serializers.Serializer[Any]):
    """What a scoring job has stored so far, and by which version."""

    version = serializers.CharField(help_text="As it was asked for: TEAM/NAME@vN.")
    revision = serializers.CharField(help_text="Its commit id.")
    weights_sha256 = serializers.CharField(help_text="Of the weights that were loaded.")
    backend = serializers.CharField(help_text="What computed the scores.")
    fidelity = FidelityOutput(allow_null=True, help_text="Null for torch in float32.")
    run = serializers.CharField(help_text="The run that holds the scores.")
    queries = serializers.IntegerField(help_text="Queries whose candidates are scored.")
    pairs = serializers.IntegerField(help_text="Scores that are stored.")
    refused = serializers.IntegerField(help_text="Pairs withdrawn or erased meanwhile.")
    pairs_per_second = serializers.FloatField()


class EvaluateOutcomeOutput(serializers.Serializer[Any]):
    """What an evaluation found beside figures and verdict."""

    model = serializers.CharField(source="facts.model.loaded")
    revision = serializers.CharField(source="facts.model.revision", allow_null=True)
    weights_sha256 = serializers.CharField(source="facts.model.weights_sha256")
    query_template = serializers.CharField(source="facts.templates.query")
    passage_template = serializers.CharField(source="facts.templates.passage")
    max_length = serializers.IntegerField(source="facts.max_length")


class PublishedOutput(serializers.Serializer[TrainingJob]):
    """What a job that trains has published, the version's number, and the verdict on a model."""

    version = serializers.SerializerMethodField(help_text="Number of the version, or null.")
    verdict = serializers.SerializerMethodField(help_text="What the test split showed, or null.")

    @extend_schema_field({"type": ["integer", "null"]})
    def get_version(self, job: TrainingJob) -> int | None:
        version = self._version(job)
        return None if version is None else version.number

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, job: TrainingJob) -> dict[str, Any] | None:
        version = self._version(job)
        found = None if version is None else verdict_of(version.facts)
        if job.evaluates and job.outcome:
            found = verdict_of(job.outcome)
        return dict(VerdictSerializer(found).data) if found else None

    def _version(self, job: TrainingJob) -> Version | None:
        # Asked for once per answer, which is about one job.
        if not hasattr(self, "_found"):
            self._found = version_of(job.pk)
        return self._found
