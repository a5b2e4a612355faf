"""`/api/v1/projects/`: projects and their members."""

from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors, services
from accounts.access import Right, member_for, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, caller, paginated, validated
from accounts.schema import ProblemSerializer
from accounts.serializers import MemberSerializer, ProjectChangeSerializer, ProjectSerializer


class ProjectList(ApiView):
    pagination_class = ById
    orders = {"created_at": "created_at", "name": "name", "slug": "slug"}

    @extend_schema(responses=ProjectSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the projects that you belong to."""
        return paginated(self, request, selectors.projects_of(caller(request)), ProjectSerializer)

    @extend_schema(request=ProjectSerializer, responses={201: ProjectSerializer})
    def post(self, request: Request) -> Response:
        """Create a project; you become its owner."""
        data = validated(ProjectSerializer(data=request.data))
        scheme = {"grades": data.pop("scheme")} if "scheme" in data else {}
        project = services.project_create(owner=caller(request), **scheme, **data)
        return Response(ProjectSerializer(project).data, status=status.HTTP_201_CREATED)


class ProjectDetail(ApiView):
    @extend_schema(responses=ProjectSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show a project."""
        return Response(ProjectSerializer(project_for(request.user, slug)).data)

    @extend_schema(request=ProjectChangeSerializer, responses=ProjectSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change a project's settings or its label scheme."""
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(ProjectChangeSerializer(project, data=request.data, partial=True))
        grades = data.pop("scheme", None)
        services.project_update(project=project, grades=grades, **data)
        return Response(ProjectSerializer(project).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Delete a project with everything in it: judgments, snapshots, models."""
        services.project_delete(project=project_for(request.user, slug, Right.OWN))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MemberList(ApiView):
    pagination_class = ById
    orders = {"created_at": "created_at", "user": "user__username"}

    @extend_schema(responses=MemberSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List a project's members."""
        project = project_for(request.user, slug)
        return paginated(self, request, selectors.members_of(project), MemberSerializer)

    @extend_schema(request=MemberSerializer, responses={201: MemberSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Add a member or change their role."""
        by = member_for(request.user, slug, Right.MANAGE)
        data = validated(MemberSerializer(data=request.data))
        member = services.member_set(project=by.project, by=by, **data)
        return Response(MemberSerializer(member).data, status=status.HTTP_201_CREATED)


class MemberDetail(ApiView):
    @extend_schema(responses={204: None, 400: ProblemSerializer})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Remove a member; their judgments stay."""
        by = member_for(request.user, slug, Right.MANAGE)
        member = selectors.member_by(by.project, username)
        services.member_remove(project=by.project, user=member.user, by=by)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SchemaDocument(SpectacularAPIView):
    """The OpenAPI document: YAML, or JSON with `?format=json`."""

    renderer_classes = [OpenApiYamlRenderer, OpenApiJsonRenderer2]


@extend_schema(exclude=True)
class Nothing(APIView):
    """Every address below /api/ that is none: a problem body, not a page."""

    def get(self, request: Request, rest: str) -> Response:
        raise NotFound(f"There is nothing at /api/{rest}.")

    post = put = patch = delete = get
