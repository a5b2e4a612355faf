"""`…/bulk/`: a deed on many queries or candidates, by ids or by the filters of their list."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for
from accounts.pagination import ById
from accounts.rest import ApiView, StrictSerializer, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.models import Bulk, BulkDeed, Listed
from annotate.services.bulk import KEYS_MAX, bulk_create

_NARROWING = ("q", "show", "query", "run", "grade", "judge")


class BulkOutput(serializers.ModelSerializer[Bulk]):
    """A deed on many rows, and how far it is."""

    id = serializers.CharField(read_only=True)
    by = serializers.CharField(source="by.username", allow_null=True, default=None)

    class Meta:
        model = Bulk
        fields = ["id", "listed", "deed", "reason", "status", "changed", "error", "by",
                  "created_at", "finished_at"]  # fmt: skip


class BulkList(ApiView):
    """Deeds on many."""

    pagination_class = ById

    @extend_schema_serializer(component_name="BulkRequest")
    class InputSerializer(StrictSerializer):
        listed = serializers.ChoiceField(choices=Listed.choices)
        deed = serializers.ChoiceField(choices=BulkDeed.choices)
        keys = serializers.ListField(
            child=serializers.IntegerField(min_value=1),
            required=False,
            max_length=KEYS_MAX,
            help_text="Ids; without them all that `parameters` let through.",
        )
        parameters = serializers.DictField(
            child=serializers.CharField(allow_blank=True, max_length=400),
            default=dict,
            help_text="As the list's address has them.",
        )
        reason = serializers.CharField(default="", allow_blank=True)
        grade = serializers.IntegerField(default=None, allow_null=True, help_text="Of gold.")
        decided = serializers.BooleanField(
            default=False,
            help_text="Gold has the grade that a reviewer decided, in place of `grade`; what nobody"
            " decided is passed over.",
        )
        people = serializers.ListField(
            child=serializers.CharField(),
            default=list,
            help_text="User names to assign to.",
        )
        everybody = serializers.BooleanField(
            default=False, help_text="Give queries back to everybody, in place of `people`."
        )
        all = serializers.BooleanField(
            default=False, help_text="Every row, in place of ids and filters."
        )

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            narrowed = any(attrs["parameters"].get(name) for name in _NARROWING)
            if "keys" not in attrs and not narrowed and not attrs["all"]:
                message = "Name the rows, filter them by `parameters`, or ask for `all`."
                raise serializers.ValidationError({"keys": message})
            if attrs.pop("all") and ("keys" in attrs or narrowed):
                message = "Name rows, or filter them, or ask for all; one of these."
                raise serializers.ValidationError({"all": message})
            return attrs

    @extend_schema(
        operation_id="bulks_list",
        responses={200: BulkOutput(many=True), 403: ProblemSerializer},
    )
    def get(self, request: Request, slug: str) -> Response:
        """List what was done to many at once."""
        project = member_for(request.user, slug, Right.MANAGE).project
        return paginated(self, request, project.bulks.select_related("by"), BulkOutput)

    @extend_schema(operation_id="bulk_create", request=InputSerializer, responses={202: BulkOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Withdraw, make gold or assign many; a worker does it."""
        member = member_for(request.user, slug, Right.MANAGE)
        given: dict[str, Any] = validated(self.InputSerializer(data=request.data))
        bulk = bulk_create(
            member=member,
            listed=Listed(given.pop("listed")),
            deed=BulkDeed(given.pop("deed")),
            keys=given.pop("keys", None),
            **given,
        )
        return Response(BulkOutput(bulk).data, status=202)


class BulkDetail(ApiView):
    """One deed on many."""

    @extend_schema(operation_id="bulk_show", responses={200: BulkOutput, 403: ProblemSerializer})
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Show how far it is."""
        project = member_for(request.user, slug, Right.MANAGE).project
        return Response(BulkOutput(get_object_or_404(project.bulks, pk=pk)).data)
