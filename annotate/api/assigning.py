"""`groups/` and `assignments/` below `/api/v1/projects/{slug}/`: who judges which queries."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.models import User
from accounts.pagination import ById
from accounts.rest import ApiView, StrictSerializer, paginated, validated
from accounts.schema import ProblemSerializer
from accounts.serializers import UserNameField
from annotate.models import Group
from annotate.selectors.browsing import QueryWish, queries_of
from annotate.selectors.naming import named
from annotate.selectors.narrowing import QUERY_FILTERS
from annotate.selectors.queue import assignments_of, group_by, groups_of
from annotate.services.assigning import group_remove, group_set, queries_assign

IDS_MAX = 10_000
_WHICH = "Name queries by id, or by `q` or `show`; every one of the project with `all`."
_WHOM = "Name people or groups, or give the queries back with `everybody`; not both."


class GroupSerializer(StrictSerializer):
    """A named set of members."""

    id = serializers.CharField(read_only=True)
    name = serializers.CharField(max_length=80)
    people = serializers.ListField(
        child=UserNameField(slug_field="username", queryset=User.objects.all()),
        source="users",
        help_text="User names of members.",
    )

    def to_representation(self, instance: Group) -> dict[str, Any]:
        people = sorted(member.user.username for member in instance.members.all())
        return {"id": str(instance.pk), "name": instance.name, "people": people}


class GroupList(ApiView):
    pagination_class = ById

    @extend_schema(
        operation_id="groups", responses={200: GroupSerializer(many=True), 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the groups."""
        project = project_for(request.user, slug, Right.MANAGE)
        return paginated(self, request, groups_of(project), GroupSerializer)

    @extend_schema(
        operation_id="group_create", request=GroupSerializer, responses={201: GroupSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Create a group of members."""
        project = project_for(request.user, slug, Right.MANAGE)
        given = validated(GroupSerializer(data=request.data))
        group = group_set(project=project, name=given["name"], people=given["users"])
        return Response(GroupSerializer(group).data, status=status.HTTP_201_CREATED)


class GroupDetail(ApiView):
    @extend_schema(operation_id="group_update", request=GroupSerializer, responses=GroupSerializer)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Rename a group and give it these members."""
        project = project_for(request.user, slug, Right.MANAGE)
        given = validated(GroupSerializer(data=request.data))
        group = group_by(project, pk)
        group = group_set(project=project, name=given["name"], people=given["users"], group=group)
        return Response(GroupSerializer(group).data)

    @extend_schema(operation_id="group_remove", responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Delete a group; queries that only it was to judge are everybody's."""
        project = project_for(request.user, slug, Right.MANAGE)
        group_remove(group=group_by(project, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AssignmentList(ApiView):
    @extend_schema_serializer(component_name="AssignmentRequest")
    class InputSerializer(StrictSerializer):
        queries = serializers.ListField(
            child=serializers.IntegerField(min_value=1), required=False, max_length=IDS_MAX,
            help_text="Ids; without it, all queries that `q` and `show` find.",
        )  # fmt: skip
        q = serializers.CharField(required=False, allow_blank=True)
        show = serializers.ChoiceField(
            choices=list(QUERY_FILTERS.items()), required=False, help_text="As in the list."
        )
        all = serializers.BooleanField(
            default=False, help_text="Every query, in place of ids and filters."
        )
        people = serializers.ListField(
            child=UserNameField(slug_field="username", queryset=User.objects.all()), required=False
        )
        groups = serializers.ListField(
            child=serializers.IntegerField(), required=False, help_text="Ids of groups."
        )
        everybody = serializers.BooleanField(
            default=False, help_text="Give them back to everybody, in place of people and groups."
        )

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            chosen = [bool(attrs.get("queries")), bool(attrs.get("q") or attrs.get("show"))]
            if not any(chosen) and not attrs["all"]:
                raise serializers.ValidationError({"queries": _WHICH})
            if attrs["all"] and any(chosen):
                raise serializers.ValidationError({"all": "Name queries, or all; not both."})
            somebody = bool(attrs.get("people") or attrs.get("groups"))
            if somebody == attrs["everybody"]:
                raise serializers.ValidationError({"people": _WHOM})
            return attrs

    @extend_schema_serializer(component_name="AssignmentResult")
    class ResultSerializer(serializers.Serializer[Any]):
        queries = serializers.IntegerField(help_text="How many changed.")

    @extend_schema_serializer(component_name="Assignments")
    class OutputSerializer(serializers.Serializer[Any]):
        class AssignmentSerializer(serializers.Serializer[Any]):
            people = serializers.ListField(child=serializers.CharField())
            groups = serializers.ListField(child=serializers.CharField())
            queries = serializers.IntegerField()
            open = serializers.BooleanField(
                help_text="All of them have left: the queries are everybody's."
            )

        assignments = AssignmentSerializer(many=True)

    @extend_schema(
        operation_id="assignments", responses={200: OutputSerializer, 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Show who has how many queries."""
        project = project_for(request.user, slug, Right.MANAGE)
        found = {"assignments": assignments_of(project)}
        return Response(self.OutputSerializer(found).data)

    @extend_schema(
        operation_id="queries_assign", request=InputSerializer, responses=ResultSerializer
    )
    def post(self, request: Request, slug: str) -> Response:
        """Assign queries to exactly these people and groups, or give them back to everybody."""
        member = member_for(request.user, slug, Right.MANAGE)
        given = validated(self.InputSerializer(data=request.data))
        rows = queries_of(member, QueryWish(given.get("q", ""), given.get("show", "")))
        if "queries" in given:
            rows = named(rows, given["queries"], "queries")
        number = queries_assign(
            project=member.project,
            queries=rows,
            people=given.get("people", ()),
            groups=[group_by(member.project, pk) for pk in given.get("groups", ())],
            by=member.user,
        )
        return Response({"queries": number})
