"""`/api/v1/projects/{slug}/snapshots/`."""

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, caller, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.downloads import FILE_TYPES, snapshot_file_response
from annotate.models.snapshots import FILES
from annotate.selectors.browsing import sees_labels
from annotate.selectors.snapshots import snapshot_by, snapshots_of
from annotate.serializers import SnapshotInput, SnapshotOutput
from annotate.services.snapshots import snapshot_create


class LostFileError(APIException):
    """503: the storage lacks the file; nothing was sent."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The storage lacks this file. Restore it from a backup."
    default_code = "lost"


class SnapshotList(ApiView):
    pagination_class = ById
    orders = {"created_at": "created_at"}

    @extend_schema(responses=SnapshotOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List a project's snapshots."""
        project = project_for(request.user, slug)
        return paginated(self, request, snapshots_of(project), SnapshotOutput)

    @extend_schema(request=SnapshotInput, responses={202: SnapshotOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Freeze the current judgments; ask for the snapshot until its status is `ready`."""
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(SnapshotInput(data=request.data))
        snapshot = snapshot_create(project=project, created_by=caller(request), **data)
        return Response(SnapshotOutput(snapshot).data, status=status.HTTP_202_ACCEPTED)


class SnapshotDetail(ApiView):
    @extend_schema(responses=SnapshotOutput)
    def get(self, request: Request, slug: str, reference: str) -> Response:
        """Show a snapshot by its id or its digest."""
        snapshot = snapshot_by(project_for(request.user, slug), reference)
        return Response(SnapshotOutput(snapshot).data)


class SnapshotFileDetail(ApiView):
    @extend_schema(
        parameters=[
            OpenApiParameter(
                "name", str, OpenApiParameter.PATH, description="The file's name.", enum=FILES
            )
        ],
        responses={
            **{(200, kind): OpenApiTypes.BINARY for kind in FILE_TYPES.values()},
            304: OpenApiResponse(description="The caller has these very bytes."),
            403: ProblemSerializer,
            503: ProblemSerializer,
        },
    )
    def get(self, request: Request, slug: str, reference: str, name: str) -> HttpResponseBase:
        """Download a file of a frozen snapshot; its `ETag` is its sha256.

        The digest of a snapshot is the sha256 of its `manifest.json` without `digest` and without
        the line's end. `root` there is the sha256 of the seals of a file's lines, each as 64 digits
        and a line's end; the seal of a line is its sha256, or what stands in its place where it was
        erased: `{"redacted": seal}`. Where judging is blind or checks are among the items,
        only reviewers and managers may read it.
        """
        member = member_for(request.user, slug)
        if not sees_labels(member):
            raise PermissionDenied(
                "Where judging is blind or checks are among the items, only reviewers see labels."
            )
        snapshot = snapshot_by(member.project, reference)
        try:
            return snapshot_file_response(request, snapshot, name)
        except FileNotFoundError as error:
            raise LostFileError from error
