"""Rerankers, versions, aliases and reviews, as the API takes and gives them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import StrictSerializer
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL, figure_of
from models_app.lineage import lineage_shown
from models_app.models import Alias, AliasMove, Artifact, Reranker, Review, Verdict, Version
from models_app.readme import archive_path
from models_app.selectors import standing_of
from models_app.serializers.evidence import FigureSerializer, MetricsField, VerdictSerializer
from models_app.serializers.lineage import LineageSerializer
from models_app.verdict import verdict_of


class VersionShortSerializer(serializers.ModelSerializer[Version]):
    """A version in a list, with its nDCG@10 on the test split."""

    id = serializers.CharField()
    version = serializers.IntegerField(source="number")
    tag = serializers.CharField()
    ndcg_at_10_test = serializers.SerializerMethodField()

    class Meta:
        model = Version
        fields = ["id", "version", "tag", "revision", "base_model", "ndcg_at_10_test", "created_at"]

    @extend_schema_field(FigureSerializer(allow_null=True))
    def get_ndcg_at_10_test(self, version: Version) -> dict[str, Any] | None:
        found = figure_of(version.metrics, HEADLINE_SPLIT, MODEL, HEADLINE)
        return FigureSerializer(found).data if found else None


class RerankerSerializer(serializers.ModelSerializer[Reranker]):
    """A reranker with where it stands."""

    id = serializers.CharField(read_only=True)
    repo_id = serializers.CharField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    newest = serializers.SerializerMethodField()
    aliases = serializers.SerializerMethodField()

    class Meta:
        model = Reranker
        fields = [
            "id", "repo_id", "project", "name", "description", "public", "newest", "aliases",
            "created_at",
        ]  # fmt: skip
        read_only_fields = ["name", "created_at"]

    @extend_schema_field(VersionShortSerializer)
    def get_newest(self, reranker: Reranker) -> dict[str, Any]:
        return VersionShortSerializer(standing_of(reranker).newest).data

    def get_aliases(self, reranker: Reranker) -> dict[str, int]:
        return {alias.name: alias.version.number for alias in standing_of(reranker).aliases}


class FileSerializer(serializers.ModelSerializer[Artifact]):
    """A file of a version."""

    class Meta:
        model = Artifact
        fields = ["path", "size", "sha256"]


class VersionInputSerializer(StrictSerializer):
    """A model that was made elsewhere."""

    file = serializers.FileField(
        help_text="A zip of its folder: config.json, safetensors, the tokenizer's files."
    )


class VersionSerializer(VersionShortSerializer):
    """A version with its evidence. Outsiders read of its origin what its card tells."""

    repo_id = serializers.CharField(source="reranker.repo_id")
    job = serializers.SerializerMethodField()
    lineage = serializers.SerializerMethodField()
    aliases = serializers.SerializerMethodField()
    files = FileSerializer(source="artifacts", many=True)
    archive = serializers.SerializerMethodField()
    created_by = serializers.SerializerMethodField()
    snapshot_digest = serializers.CharField()
    verdict = serializers.SerializerMethodField()
    metrics = MetricsField(help_text="{split: {system: {metric: figure}}}")

    class Meta:
        model = Version
        fields = [
            "id", "repo_id", "version", "tag", "revision", "base_model", "snapshot_digest", "job",
            "verdict", "metrics", "lineage", "files", "aliases", "archive", "created_by",
            "created_at",
        ]  # fmt: skip

    @property
    def _member(self) -> bool:
        return bool(self.context["member"])

    @extend_schema_field(VerdictSerializer(allow_null=True))
    def get_verdict(self, version: Version) -> dict[str, Any] | None:
        found = verdict_of(version.facts)
        return dict(VerdictSerializer(found).data) if found else None

    def get_job(self, version: Version) -> str | None:
        return str(version.job) if version.job and self._member else None

    @extend_schema_field(LineageSerializer)
    def get_lineage(self, version: Version) -> dict[str, Any]:
        return lineage_shown(version.lineage, member=self._member)

    def get_aliases(self, version: Version) -> list[str]:
        return sorted(alias.name for alias in version.aliases.all())

    def get_archive(self, version: Version) -> str:
        return archive_path(version.reranker, version.number)

    def get_created_by(self, version: Version) -> str | None:
        person = version.created_by
        return person.username if person and self._member else None


class RerankerChangeSerializer(StrictSerializer):
    """What may change of a reranker; what is left out stays."""

    description = serializers.CharField(required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)


class AliasMoveInputSerializer(StrictSerializer):
    """Where to move an alias, and why.

    `version` is a number, or a revision (`v3`, an alias, a sha). With `expected`, the number at
    which you believe the alias to stand (0: nowhere yet), the move is refused with 409 where it
    stands elsewhere.
    """

    version = serializers.CharField()
    reason = serializers.CharField()
    expected = serializers.IntegerField(required=False, min_value=0, allow_null=True, default=None)


class AliasSerializer(serializers.ModelSerializer[Alias]):
    """Where an alias stands."""

    alias = serializers.CharField(source="name")
    version = serializers.IntegerField(source="version.number")
    revision = serializers.CharField(source="version.revision")

    class Meta:
        model = Alias
        fields = ["alias", "version", "revision", "moved_at"]


class CheckSerializer(serializers.Serializer[Any]):
    """One condition of a promotion, and what was found of it."""

    name = serializers.CharField()
    passed = serializers.BooleanField()
    said = serializers.CharField(help_text="What was found, in words.")


class AliasMoveSerializer(serializers.ModelSerializer[AliasMove]):
    """One move of an alias. `moved_by` is null where the sample's set-up moved it."""

    id = serializers.CharField()
    alias = serializers.CharField(source="name")
    from_version = serializers.IntegerField(source="from_version.number", allow_null=True)
    to_version = serializers.IntegerField(source="to_version.number")
    moved_by = serializers.CharField(source="moved_by.username", allow_null=True)
    gate = CheckSerializer(many=True)

    class Meta:
        model = AliasMove
        fields = [
            "id", "alias", "from_version", "to_version", "moved_by", "by_setup", "reason", "gate",
            "moved_at",
        ]  # fmt: skip


class ReviewSerializer(StrictSerializer, serializers.ModelSerializer[Review]):
    """A member's verdict on a version."""

    id = serializers.CharField(read_only=True)
    reviewer = serializers.CharField(source="reviewer.username", read_only=True)
    verdict = serializers.ChoiceField(Verdict.choices)
    comment = serializers.CharField(required=False, allow_blank=True, default="")

    class Meta:
        model = Review
        fields = ["id", "reviewer", "verdict", "comment", "created_at"]
        read_only_fields = ["created_at"]
