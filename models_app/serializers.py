"""What the registry's API takes and gives."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import StrictSerializer
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL, figure_of
from models_app.lineage import lineage_shown
from models_app.models import Alias, AliasMove, Artifact, Reranker, Review, Verdict, Version
from models_app.readme import archive_path
from models_app.selectors import standing_of
from models_app.verdict import verdict_of


class FigureSerializer(serializers.Serializer[Any]):
    """A value, its 95% interval over queries where there is one, and the n behind it."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class MetricsField(serializers.DictField):
    """All figures: `{split: {system: {metric: figure}}}`."""

    def __init__(self, **options: Any) -> None:
        system = serializers.DictField(child=FigureSerializer())
        super().__init__(child=serializers.DictField(child=system), **options)


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


SINGLE_VALUE: Final = {"type": ["string", "number", "boolean", "null"]}
# A sweep is an object: the values that were tried of each key.
RECIPE_VALUE: Final = {"type": ["string", "number", "boolean", "null", "object"]}


class BaseModelSerializer(serializers.Serializer[Any]):
    """What was asked for as base model and what was loaded, and why."""

    requested = serializers.CharField()
    loaded = serializers.CharField()
    again = serializers.CharField(help_text="The name that loads the same base again.")
    kind = serializers.CharField(help_text="hub, folder or packaged.")
    revision = serializers.CharField(allow_null=True, help_text="Commit or package version.")
    fell_back = serializers.BooleanField(help_text="Whether it stands in for what was asked for.")
    reason = serializers.CharField()
    fresh_head = serializers.BooleanField(help_text="Whether it had no output layer.")
    weights_sha256 = serializers.CharField()


class CodeSerializer(serializers.Serializer[Any]):
    """The code that trained; `modified` is null where there was no checkout to compare with."""

    git_commit = serializers.CharField()
    modified = serializers.BooleanField(allow_null=True)


class HostSerializer(serializers.Serializer[Any]):
    """The machine that trained."""

    name = serializers.CharField()
    system = serializers.CharField()
    python = serializers.CharField()
    cores = serializers.IntegerField(allow_null=True)


@extend_schema_field({"type": "object", "additionalProperties": RECIPE_VALUE})
class RecipeOfVersionField(serializers.DictField):
    """The recipe as it was when the version was trained, whatever keys there are today."""


class TeacherSerializer(serializers.Serializer[Any]):
    """The model whose scores a version has learned."""

    loaded = serializers.CharField()
    revision = serializers.CharField(allow_null=True, help_text="Commit or package version.")
    weights_sha256 = serializers.CharField()


class OriginSerializer(serializers.Serializer[Any]):
    """How a model that was made elsewhere came here."""

    how = serializers.CharField(help_text="push (a commit of a hub's client), zip, folder or hub.")
    message = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    client = serializers.CharField(required=False, help_text="As it names itself.")
    completes = serializers.IntegerField(
        required=False,
        help_text="The version before, of the same push: its client sent it in several commits.",
    )


class LineageSerializer(serializers.Serializer[Any]):
    """What a version came from. Outsiders read of it base model, teacher, code, packages, recipe
    and seed.
    """

    job = serializers.CharField(
        required=False, allow_null=True, help_text="Null where it comes from elsewhere."
    )
    attempt = serializers.IntegerField(required=False)
    origin = OriginSerializer(required=False)
    snapshot = serializers.CharField(required=False, help_text="Its digest.")
    base_model = BaseModelSerializer(required=False)
    teacher = TeacherSerializer(
        required=False, allow_null=True, help_text="Null where nobody taught it."
    )
    code = CodeSerializer(required=False)
    packages = serializers.DictField(child=serializers.CharField(), required=False)
    host = HostSerializer(required=False)
    recipe = RecipeOfVersionField(required=False)
    seed = serializers.IntegerField(required=False)
    seconds = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="By stage."
    )


class AgainstSerializer(serializers.Serializer[Any]):
    """This version minus one rival in nDCG@10, paired over the test queries."""

    system = serializers.CharField(help_text="base, bm25, first_stage or champion.")
    word = serializers.ChoiceField(choices=["better", "worse", "undecided"])
    delta = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="Of the 95% interval over queries.")
    high = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(help_text="Of the paired randomisation test, two-sided.")
    p_holm = serializers.FloatField(help_text="Adjusted for all rivals; it decides the word.")
    effect = serializers.FloatField(
        allow_null=True, help_text="Standardised mean difference of paired values, d_z."
    )
    detectable = serializers.FloatField(
        allow_null=True, help_text="The difference that these queries show with power `power`."
    )


class VerdictSerializer(serializers.Serializer[Any]):
    """Better, worse or not shown to differ, and what weakens that; `text` says all of it."""

    text = serializers.CharField()
    split = serializers.CharField()
    metric = serializers.CharField()
    queries = serializers.IntegerField()
    positives = serializers.IntegerField()
    alpha = serializers.FloatField()
    power = serializers.FloatField()
    correction = serializers.CharField()
    against = AgainstSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


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


class AliasMoveSerializer(serializers.ModelSerializer[AliasMove]):
    """One move of an alias. `moved_by` is null where the sample's set-up moved it."""

    id = serializers.CharField()
    alias = serializers.CharField(source="name")
    from_version = serializers.IntegerField(source="from_version.number", allow_null=True)
    to_version = serializers.IntegerField(source="to_version.number")
    moved_by = serializers.CharField(source="moved_by.username", allow_null=True)

    class Meta:
        model = AliasMove
        fields = [
            "id", "alias", "from_version", "to_version", "moved_by", "by_setup", "reason",
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
