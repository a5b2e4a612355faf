"""`pairs/lease/`, `preferences/` and `queue/pairs/` below `/api/v1/projects/{slug}/`."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.rest import ApiView, StrictSerializer, validated
from accounts.schema import ProblemSerializer
from annotate.api.answering import PERSON, STATUSES, SkipField, judging_member, malformed
from annotate.api.judging import LeaseApi
from annotate.api.queue import RunField
from annotate.models import Ordering, PairScheme, Run
from annotate.models.pairs import DEPTH_MAX
from annotate.selectors.pairs import pair_items_of, pairs_remaining
from annotate.services.judging import BATCH_MAX
from annotate.services.leasing import LEASE_MAX
from annotate.services.pair_leasing import pairs_lease
from annotate.services.pairing import pairs_of, pairs_request, pairs_update
from annotate.services.preference_answers import PairAnswer, PairRecorded
from annotate.services.preferring import preferences_record

_Leased = LeaseApi.OutputSerializer.LeasedItemSerializer


class PairLeaseApi(ApiView):
    """A person's next pairs."""

    @extend_schema_serializer(component_name="PairLeaseRequest")
    class InputSerializer(StrictSerializer):
        count = serializers.IntegerField(min_value=1, max_value=LEASE_MAX, default=1)

    @extend_schema_serializer(component_name="PairLeaseResult")
    class OutputSerializer(serializers.Serializer[Any]):
        class LeasedPairSerializer(serializers.Serializer[Any]):
            class LeasedSideSerializer(serializers.Serializer[Any]):
                candidate = serializers.CharField()
                passage = _Leased.LeasedPassageSerializer()
                matches = _Leased.LeasedMatchesSerializer()

            class PreviousPreferenceSerializer(serializers.Serializer[Any]):
                prefer = serializers.CharField(allow_null=True)
                tie = serializers.BooleanField()
                skip = serializers.CharField(allow_null=True)
                comment = serializers.CharField()
                flagged = serializers.BooleanField()

            pair = serializers.CharField()
            query = _Leased.LeasedQuerySerializer()
            candidates = LeasedSideSerializer(
                many=True, help_text="Two, in the order in which this person is to see them."
            )
            lease_expires_at = serializers.DateTimeField()
            previous = PreviousPreferenceSerializer(
                required=False, help_text="The caller's own answer, where they took it back."
            )

        items = LeasedPairSerializer(many=True)
        remaining = serializers.IntegerField(
            help_text="Open to the caller, with the items above; exact up to 1,000."
        )

    @extend_schema(
        operation_id="pairs_lease",
        request=InputSerializer,
        responses={200: OutputSerializer, 409: ProblemSerializer},
        parameters=[PERSON],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Lease the caller's next pairs; what they hold already comes first, renewed."""
        member = judging_member(request, slug)
        given = validated(self.InputSerializer(data=request.data))
        project, person = member.project, member.user
        leases = pairs_lease(project=project, person=person, count=given["count"])
        items = pair_items_of(leases, project, person)
        return Response({"items": items, "remaining": pairs_remaining(project, person)})


class PreferencesApi(ApiView):
    """Preferences in, a status per item out."""

    @extend_schema_serializer(component_name="PreferencesRequest")
    class InputSerializer(serializers.Serializer[Any]):
        class PreferenceAnswerSerializer(StrictSerializer):
            id = serializers.UUIDField(help_text="Made by the client; a repeat is recognised.")
            pair = serializers.IntegerField(required=False, allow_null=True)
            left = serializers.IntegerField(
                required=False,
                allow_null=True,
                help_text="The candidate that was shown on the left, or first.",
            )
            prefer = serializers.IntegerField(
                required=False, allow_null=True, help_text="The candidate that is better."
            )
            tie = serializers.BooleanField(required=False, help_text="Neither is better.")
            skip = SkipField(required=False, allow_null=True, help_text="true, or the reason.")
            withdraw = serializers.UUIDField(
                required=False, allow_null=True, help_text="The caller's answer to be undone."
            )
            seconds = serializers.FloatField(required=False, allow_null=True)
            comment = serializers.CharField(required=False, allow_blank=True)
            flagged = serializers.BooleanField(required=False)
            left_revision = serializers.IntegerField(
                required=False, allow_null=True, help_text="Of the passage read on the left."
            )
            right_revision = serializers.IntegerField(
                required=False, allow_null=True, help_text="Of the passage read on the right."
            )
            query_revision = serializers.IntegerField(
                required=False, allow_null=True, help_text="The query's that was read."
            )

        preferences = PreferenceAnswerSerializer(many=True)

    class BatchSerializer(StrictSerializer):
        preferences = serializers.ListField(child=serializers.DictField(), max_length=BATCH_MAX)

    @extend_schema_serializer(component_name="PreferencesResult")
    class OutputSerializer(serializers.Serializer[Any]):
        class PreferenceResultSerializer(serializers.Serializer[Any]):
            id = serializers.CharField()
            status = serializers.ChoiceField(choices=STATUSES)
            code = serializers.IntegerField(help_text="The status as HTTP says it.")
            pair = serializers.CharField(allow_null=True)
            leased = serializers.BooleanField(help_text="An undone pair is the caller's again.")
            message = serializers.CharField()

        results = PreferenceResultSerializer(many=True)

    @extend_schema(
        operation_id="preferences_record",
        request=InputSerializer,
        responses={200: OutputSerializer, 409: ProblemSerializer},
        parameters=[PERSON],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Record a batch: 200 with a status per item, in the order given. Idempotent by `id`."""
        member = judging_member(request, slug)
        given = validated(self.BatchSerializer(data=request.data))
        rows = [_read(row) for row in given["preferences"]]
        good = [row for row in rows if isinstance(row, PairAnswer)]
        results = iter(preferences_record(project=member.project, person=member.user, answers=good))
        body = [_result(next(results)) if isinstance(row, PairAnswer) else row for row in rows]
        return Response({"results": body})


class PairQueueSerializer(StrictSerializer):
    """Whether pairs are compared, which ones, and how far they are made."""

    @extend_schema_serializer(component_name="PairMaking")
    class MakingSerializer(serializers.Serializer[Any]):
        status = serializers.ChoiceField(choices=Ordering.choices)
        made = serializers.IntegerField(help_text="Queries whose pairs are made.")
        total = serializers.IntegerField(help_text="Queries in all.")
        made_at = serializers.DateTimeField(allow_null=True)

    on = serializers.BooleanField(required=False, help_text="Whether pairs are handed out.")
    scheme = serializers.ChoiceField(
        choices=PairScheme.choices,
        required=False,
        help_text="Each candidate with the one ranked next, or every two of the first ones.",
    )
    run = RunField(
        queryset=Run.objects.none(),
        help_text="Whose ranks; null for the run with the most candidates.",
    )
    depth = serializers.IntegerField(
        min_value=2, max_value=DEPTH_MAX, required=False, help_text="Down to this rank."
    )
    making = MakingSerializer(source="*", read_only=True)


class PairQueueApi(ApiView):
    @extend_schema(
        operation_id="pair_queue", responses={200: PairQueueSerializer, 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Show whether pairs are compared, and which."""
        project = project_for(request.user, slug, Right.MANAGE)
        return Response(PairQueueSerializer(pairs_of(project)).data)

    @extend_schema(
        operation_id="pair_queue_update", request=PairQueueSerializer, responses=PairQueueSerializer
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings; a worker makes the pairs. Turning them off keeps what was said."""
        project = project_for(request.user, slug, Right.MANAGE)
        given = validated(PairQueueSerializer(data=request.data, context={"project": project}))
        return Response(PairQueueSerializer(pairs_update(project=project, **given)).data)

    @extend_schema(
        operation_id="pairs_make",
        request=None,
        responses={202: PairQueueSerializer, 400: ProblemSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have a worker make the pairs anew, of candidates that came by hand as well."""
        project = project_for(request.user, slug, Right.MANAGE)
        pairs = pairs_request(project=project)
        return Response(PairQueueSerializer(pairs).data, status=status.HTTP_202_ACCEPTED)


# One for all calls: making its fields anew takes longer than reading an answer with them.
_ANSWER = PreferencesApi.InputSerializer.PreferenceAnswerSerializer()


def _read(given: dict[str, Any]) -> PairAnswer | dict[str, Any]:
    """Return an item of a batch as an answer or, where it is none at all, its result."""
    try:
        valid = _ANSWER.run_validation(given)
    except serializers.ValidationError as error:
        return malformed(given, error.detail, pair=None)
    return PairAnswer(**{name: value for name, value in valid.items() if value is not None})


def _result(recorded: PairRecorded) -> dict[str, Any]:
    row = recorded.preference
    return {
        "id": str(recorded.id),
        "status": recorded.status.value,
        "code": recorded.status.code,
        "pair": str(row.pair_id) if row else None,
        "leased": recorded.leased,
        "message": recorded.message,
    }
