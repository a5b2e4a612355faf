"""What the API takes and gives of single queries, passages and candidates."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.parsing import JsonObjectField
from accounts.rest import Parameters, StrictSerializer
from annotate.models import Candidate, Deed, Passage, Query, Thing
from annotate.models.corpus import REASON_CHARACTERS
from annotate.selectors.corpus import changes_of

_METADATA: Final = "What its import, or whoever added it, said of it besides."
_REVISION: Final = "The revision that you have read; 409 where there is a newer one by now."
_NONE: Final = "Null, or absent, to have it known by its text."


@extend_schema_field({"type": "object", "additionalProperties": {}, "description": _METADATA})
class MetadataField(JsonObjectField):
    """A JSON object of any keys."""


class ChangeOutput(serializers.Serializer[Any]):
    """Something that was done by hand."""

    deed = serializers.ChoiceField(choices=Deed.choices)
    reason = serializers.CharField()
    by = serializers.CharField(source="by.username", allow_null=True, default=None)
    at = serializers.DateTimeField()


class QueryWording(serializers.Serializer[Any]):
    """An earlier wording."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    replaced_at = serializers.DateTimeField()


class PassageWording(serializers.Serializer[Any]):
    """An earlier wording, with its title."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField(source="text.text")
    replaced_at = serializers.DateTimeField()


class QueryDetailOutput(serializers.ModelSerializer[Query]):
    """A query with its earlier wordings and what was done to it by hand.

    `external_id` is null where it is known by its text; what is erased has no text any more.
    """

    id = serializers.CharField(read_only=True)
    metadata = serializers.DictField(help_text=_METADATA)
    revisions = QueryWording(many=True, read_only=True)
    changes = serializers.SerializerMethodField()

    class Meta:
        model = Query
        fields = [
            "id", "external_id", "text", "metadata", "revision", "withdrawn_at", "erased_at",
            "created_at", "revisions", "changes",
        ]  # fmt: skip

    @extend_schema_field(ChangeOutput(many=True))
    def get_changes(self, query: Query) -> Any:
        return ChangeOutput(changes_of(query.project, Thing.QUERY, query.pk), many=True).data


class PassageOutput(serializers.ModelSerializer[Passage]):
    """A passage; `external_id` is null where it is known by its text."""

    id = serializers.CharField(read_only=True)
    text = serializers.CharField(source="text.text")
    metadata = serializers.DictField(help_text=_METADATA)

    class Meta:
        model = Passage
        fields = ["id", "external_id", "title", "text", "metadata", "created_at"]


class PassageDetailOutput(PassageOutput):
    """A passage with its earlier wordings and what was done to it by hand."""

    revisions = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()

    class Meta(PassageOutput.Meta):
        fields = [
            *PassageOutput.Meta.fields,
            "revision", "withdrawn_at", "erased_at", "revisions", "changes",
        ]  # fmt: skip

    @extend_schema_field(PassageWording(many=True))
    def get_revisions(self, passage: Passage) -> Any:
        return PassageWording(passage.revisions.select_related("text"), many=True).data

    @extend_schema_field(ChangeOutput(many=True))
    def get_changes(self, passage: Passage) -> Any:
        rows = changes_of(passage.project, Thing.PASSAGE, passage.pk)
        return ChangeOutput(rows, many=True).data


class CandidateDetailOutput(serializers.ModelSerializer[Candidate]):
    """A pair and what was done to it by hand."""

    id = serializers.CharField(read_only=True)
    query = serializers.CharField(source="query_id")
    passage = serializers.CharField(source="passage_id")
    metadata = serializers.DictField(help_text=_METADATA)
    changes = serializers.SerializerMethodField()

    class Meta:
        model = Candidate
        fields = ["id", "query", "passage", "metadata", "withdrawn_at", "created_at", "changes"]

    @extend_schema_field(ChangeOutput(many=True))
    def get_changes(self, candidate: Candidate) -> Any:
        rows = changes_of(candidate.project, Thing.CANDIDATE, candidate.pk)
        return ChangeOutput(rows, many=True).data


class QueryInput(StrictSerializer):
    """A new query."""

    text = serializers.CharField(trim_whitespace=False)
    external_id = serializers.CharField(required=False, allow_null=True, help_text=_NONE)
    metadata = MetadataField(required=False)


class PassageInput(QueryInput):
    """A new passage."""

    title = serializers.CharField(required=False, allow_blank=True)


class QueryEdit(StrictSerializer):
    """What a query is to be; what is left out stays. Another text is a new revision."""

    revision = serializers.IntegerField(min_value=1, help_text=_REVISION)
    text = serializers.CharField(required=False, trim_whitespace=False)
    metadata = MetadataField(required=False)
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=REASON_CHARACTERS, help_text="For the log."
    )


class PassageEdit(QueryEdit):
    """What a passage is to be; what is left out stays. Another text or title is a new revision."""

    title = serializers.CharField(required=False, allow_blank=True)


class CandidateInput(StrictSerializer):
    """A new pair."""

    query = serializers.CharField(help_text="The id of a query.")
    passage = serializers.CharField(help_text="The id of a passage.")


class ReasonInput(StrictSerializer):
    """Why it is withdrawn."""

    reason = serializers.CharField(max_length=REASON_CHARACTERS)


class OptionalReasonInput(StrictSerializer):
    """Why it comes back."""

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=REASON_CHARACTERS, default=""
    )


class PassageParameters(Parameters):
    """Which passages."""

    q = serializers.CharField(
        required=False, allow_blank=True, help_text="Text that it or its title contains, or its id."
    )
