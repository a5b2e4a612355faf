"""`…/views/`: lists' searches, filters and orders under a name."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import member_for
from accounts.pagination import ById
from accounts.rest import ApiView, Parameters, StrictSerializer, filters, paginated, validated
from annotate.models import Listed, SavedView
from annotate.selectors.views import views_for
from annotate.services.views import view_delete, view_save


class SavedViewOutput(serializers.ModelSerializer[SavedView]):
    """A list's parameters under a name."""

    id = serializers.CharField(read_only=True)
    maker = serializers.CharField(source="maker.username")
    parameters = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = SavedView
        fields = ["id", "listed", "name", "parameters", "shared", "maker", "created_at"]


class SavedViewParameters(Parameters):
    """Of which list."""

    listed = serializers.ChoiceField(choices=Listed.choices, default=Listed.QUERIES)


class SavedViewList(ApiView):
    """The saved views of a list that the caller sees."""

    parameters = SavedViewParameters
    pagination_class = ById

    @extend_schema_serializer(component_name="SavedViewRequest")
    class InputSerializer(StrictSerializer):
        listed = serializers.ChoiceField(choices=Listed.choices)
        name = serializers.CharField(max_length=80)
        parameters = serializers.DictField(
            child=serializers.CharField(allow_blank=True, max_length=400),
            help_text="As the list's address has them.",
        )
        shared = serializers.BooleanField(
            default=False, help_text="With the project; for those who may review."
        )

    @extend_schema(operation_id="saved_views_list", responses=SavedViewOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the caller's saved views of a list, and those that are shared."""
        member = member_for(request.user, slug)
        rows = views_for(member, Listed(filters(self, request)["listed"]))
        return paginated(self, request, rows, SavedViewOutput)

    @extend_schema(
        operation_id="saved_view_save", request=InputSerializer, responses={201: SavedViewOutput}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Save a view, in place of the caller's earlier one of that name."""
        member = member_for(request.user, slug)
        given: dict[str, Any] = validated(self.InputSerializer(data=request.data))
        view = view_save(member=member, **{**given, "listed": Listed(given["listed"])})
        return Response(SavedViewOutput(view).data, status=201)


class SavedViewDetail(ApiView):
    """One saved view."""

    @extend_schema(operation_id="saved_view_delete", request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Delete one's own view, or as a manager a shared one."""
        member = member_for(request.user, slug)
        rows = views_for(member, Listed.QUERIES) | views_for(member, Listed.CANDIDATES)
        view_delete(member=member, view=get_object_or_404(rows, pk=pk))
        return Response(status=204)
