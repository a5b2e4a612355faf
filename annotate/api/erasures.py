"""Erasure by API: what one would touch, to ask for one, and the list of those that were."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.pagination import ById
from accounts.problems import ConflictError
from accounts.rest import ApiView, StrictSerializer, caller, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.models import Erasure, Thing
from annotate.models.corpus import REASON_CHARACTERS
from annotate.selectors.corpus import subject_by
from annotate.selectors.erasures import erasure_by, erasure_preview, erasures_of
from annotate.selectors.snapshots import snapshot_by
from annotate.services.erasing import erasure_create, erasure_lift
from annotate.verifying import snapshot_verify

_KEEP: Final = (
    "Keep what judges have said about it: comments and reasons for skips, which may quote it."
)
_REMEMBER: Final = (
    "Leave it out of later imports; keyed hashes are kept to know it by. `lift` lets it in again."
)


class ErasureInput(StrictSerializer):
    """Why something is erased, and what becomes of what was said about it."""

    reason = serializers.CharField(
        max_length=REASON_CHARACTERS, help_text="It stays on record: do not repeat the text in it."
    )
    keep_comments = serializers.BooleanField(default=False, help_text=_KEEP)
    remember = serializers.BooleanField(default=True, help_text=_REMEMBER)


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class _Keys(serializers.Field[Any, Any, Any, Any]):
    """The ids of rows."""

    def to_representation(self, value: Any) -> list[str]:
        return [str(row.pk) for row in value]


class PreviewOutput(serializers.Serializer[Any]):
    """What an erasure would touch now."""

    wordings = serializers.IntegerField(help_text="Its own wordings, earlier ones included.")
    other_queries = _Keys(help_text="Ids of other queries with one of the texts: they go, too.")
    other_passages = _Keys(
        help_text="Ids of other passages with one of the texts, or with it as their title where it"
        " is more than a word: they go, too, also where a query is erased."
    )
    quoting = serializers.IntegerField(help_text="Earlier wordings of others with such a text.")
    candidates = serializers.IntegerField()
    judgments = serializers.IntegerField(help_text="They stay, as history.")
    comments = serializers.IntegerField()
    snapshots = _Keys(help_text="The ids of those that hold it.")
    unread = serializers.IntegerField(help_text="Snapshots that were too much to look into.")


class ErasedSnapshotOutput(serializers.Serializer[Any]):
    """A snapshot that an erasure took records out of."""

    snapshot = serializers.CharField(source="snapshot_id")
    digest = serializers.CharField(source="snapshot.digest")
    records = serializers.IntegerField()


class ErasureOutput(serializers.ModelSerializer[Erasure]):
    """An erasure: one query or passage, by whom and why, and what went with it.

    `counts` names how much of what, `queries` and `passages` with the same text included, whichever
    was erased; what cannot go, models that were trained on it, is listed
    below `…/versions/`.
    """

    id = serializers.CharField(read_only=True)
    query = serializers.CharField(source="query_id", allow_null=True)
    passage = serializers.CharField(source="passage_id", allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
    snapshots = ErasedSnapshotOutput(many=True)
    files_left = serializers.SerializerMethodField(
        help_text="Stored files that still have to be removed; 0 once all are gone."
    )
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    lifted_by = serializers.CharField(source="lifted_by.username", allow_null=True, default=None)

    class Meta:
        model = Erasure
        fields = [
            "id", "query", "passage", "reason", "keep_comments", "remember", "status", "counts",
            "snapshots", "files_left", "error", "created_by", "created_at", "finished_at",
            "lifted_at", "lifted_by",
        ]  # fmt: skip

    def get_files_left(self, erasure: Erasure) -> int:
        return len(erasure.leftovers)


class _Erase(ApiView):
    thing: Thing

    def _preview(self, request: Request, slug: str, pk: str) -> Response:
        project = project_for(request.user, slug, Right.MANAGE)
        found = erasure_preview(subject_by(project, self.thing, pk))
        return Response(PreviewOutput(found).data)

    def _erase(self, request: Request, slug: str, pk: str) -> Response:
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(ErasureInput(data=request.data))
        subject = subject_by(project, self.thing, pk)
        erasure = erasure_create(subject=subject, by=caller(request), **data)
        erasure.refresh_from_db()
        return Response(ErasureOutput(erasure).data, status=status.HTTP_202_ACCEPTED)


class QueryErase(_Erase):
    thing = Thing.QUERY

    @extend_schema(responses={200: PreviewOutput, 403: ProblemSerializer})
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """Say what the erasure of a query would touch. Nothing is changed."""
        return self._preview(request, slug, pk)

    @extend_schema(request=ErasureInput, responses={202: ErasureOutput, 409: ProblemSerializer})
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Erase a query with its texts, for good. Ask for the erasure until its status is `done`.

        All queries and passages with the same text go with it: GET names them beforehand.
        Snapshots keep their digests, which verify as redacted; judgments stay as history.
        """
        return self._erase(request, slug, pk)


class PassageErase(_Erase):
    thing = Thing.PASSAGE

    @extend_schema(responses={200: PreviewOutput, 403: ProblemSerializer})
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """Say what the erasure of a passage would touch. Nothing is changed."""
        return self._preview(request, slug, pk)

    @extend_schema(request=ErasureInput, responses={202: ErasureOutput, 409: ProblemSerializer})
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Erase a passage with its texts, for good. Ask for the erasure until its status is `done`.

        All queries and passages with the same text go with it: GET names them beforehand.
        Snapshots keep their digests, which verify as redacted; judgments stay as history.
        """
        return self._erase(request, slug, pk)


class ErasureList(ApiView):
    pagination_class = ById
    orders = {"created_at": "created_at"}

    @extend_schema(responses=ErasureOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List a project's erasures."""
        rows = erasures_of(project_for(request.user, slug))
        return paginated(self, request, rows.prefetch_related("snapshots__snapshot"), ErasureOutput)


class ErasureDetail(ApiView):
    @extend_schema(responses=ErasureOutput)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Show what an erasure took."""
        return Response(ErasureOutput(erasure_by(project_for(request.user, slug), pk)).data)


class ErasureLift(ApiView):
    @extend_schema(request=None, responses=ErasureOutput)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Let imports bring back what was erased. The hashes by which it was known are removed."""
        erasure = erasure_by(project_for(request.user, slug, Right.MANAGE), pk)
        return Response(ErasureOutput(erasure_lift(erasure=erasure, by=caller(request))).data)


class VerifiedOutput(serializers.Serializer[Any]):
    """What was found when every byte of a snapshot was read."""

    state = serializers.ChoiceField(choices=["whole", "redacted", "broken"])
    records = serializers.IntegerField()
    redacted = serializers.IntegerField(help_text="Records that an erasure took out.")
    problems = serializers.ListField(child=serializers.CharField())
    sentence = serializers.CharField(help_text="All of it, as a sentence.")


class SnapshotVerification(ApiView):
    @extend_schema(responses={200: VerifiedOutput, 409: ProblemSerializer})
    def get(self, request: Request, slug: str, reference: str) -> Response:
        """Compute a snapshot's digest anew. Every byte of it is read."""
        snapshot = snapshot_by(project_for(request.user, slug), reference)
        if not snapshot.ready:
            raise ConflictError(f"This snapshot is {snapshot.status}, not ready.")
        return Response(VerifiedOutput(snapshot_verify(snapshot)).data)
