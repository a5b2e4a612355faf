"""`…/slices/`: named parts of a project's queries, which training runs report on."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, StrictSerializer, caller, paginated, validated
from annotate.frozen.slicing import Conditions
from annotate.models import QuerySlice
from annotate.selectors.browsing import sees_labels
from annotate.selectors.slices import slice_by, slices_counted, slices_of
from annotate.services.slices import slice_remove, slice_save

_LENGTH_MAX = 10_000


class ConditionsSerializer(StrictSerializer):
    """What a query of the slice has, all of it."""

    words = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False,
        help_text="At least one of them stands in the query, in any case.",
    )  # fmt: skip
    least = serializers.IntegerField(
        required=False, min_value=1, max_value=_LENGTH_MAX, help_text="Words at least."
    )
    most = serializers.IntegerField(
        required=False, min_value=1, max_value=_LENGTH_MAX, help_text="Words at most."
    )
    metadata = serializers.DictField(
        child=serializers.CharField(), required=False,
        help_text="Short values of the query's own metadata, as text.",
    )  # fmt: skip
    queries = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False, help_text="Ids, as imported."
    )


@extend_schema_serializer(component_name="SliceRequest")
class SliceInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    conditions = ConditionsSerializer()


@extend_schema_serializer(component_name="Slice")
class SliceOutput(serializers.Serializer[Any]):
    """A named part of the queries, and what it holds now."""

    id = serializers.CharField(source="row.pk")
    name = serializers.CharField(source="row.name")
    conditions = ConditionsSerializer(source="row.conditions")
    said = serializers.CharField(source="row.asks.said", help_text="The conditions in words.")
    queries = serializers.IntegerField(help_text="Queries in it now.")
    judged = serializers.IntegerField(
        allow_null=True, help_text="Judged ones of them; null for those who judge blind."
    )
    created_at = serializers.DateTimeField(source="row.created_at")


class SliceList(ApiView):
    pagination_class = ById

    @extend_schema(operation_id="slices", responses=SliceOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the slices with the number of their queries now."""
        member = member_for(request.user, slug)
        blind = not sees_labels(member)

        def output(page: list[QuerySlice], many: bool) -> Any:
            found = slices_counted(member.project, page).slices
            for each in found:
                each.judged = None if blind else each.judged
            return SliceOutput(found, many=many)

        return paginated(self, request, slices_of(member.project), output)

    @extend_schema(operation_id="slice_create", request=SliceInput, responses={201: SliceOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Make a slice."""
        project = project_for(request.user, slug, Right.MANAGE)
        row = slice_save(project=project, by=caller(request), **_given(request))
        return Response(_one(row), status=status.HTTP_201_CREATED)


class SliceDetail(ApiView):
    @extend_schema(operation_id="slice_update", request=SliceInput, responses=SliceOutput)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Give a slice this name and these conditions."""
        project = project_for(request.user, slug, Right.MANAGE)
        row = slice_by(project, pk)
        return Response(
            _one(slice_save(project=project, by=caller(request), row=row, **_given(request)))
        )

    @extend_schema(operation_id="slice_remove", request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Delete a slice; what versions say of it stays."""
        project = project_for(request.user, slug, Right.MANAGE)
        slice_remove(row=slice_by(project, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _given(request: Request) -> dict[str, Any]:
    given = validated(SliceInput(data=request.data))
    return {"name": given["name"], "conditions": Conditions.from_dict(given["conditions"])}


def _one(row: QuerySlice) -> dict[str, Any]:
    """Return a slice as a manager sees it."""
    row.refresh_from_db()
    return dict(SliceOutput(slices_counted(row.project, [row]).slices[0]).data)
