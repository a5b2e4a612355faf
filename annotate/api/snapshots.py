"""`/api/v1/projects/{slug}/snapshots/`."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, StrictSerializer, caller, paginated, validated
from annotate.models import Snapshot
from annotate.selectors.snapshots import snapshot_by, snapshots_of
from annotate.services.snapshots import snapshot_create


class SnapshotInput(StrictSerializer):
    """How to freeze; every field is optional."""

    seed = serializers.IntegerField(required=False)
    policy = serializers.DictField(required=False)
    splits = serializers.DictField(child=serializers.FloatField(), required=False)


class SnapshotOutput(serializers.ModelSerializer[Snapshot]):
    """A snapshot; `digest`, `statistics`, `findings` and `files` are there once it is ready."""

    id = serializers.CharField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", default=None, read_only=True)

    class Meta:
        model = Snapshot
        fields = [
            "id", "status", "digest", "seed", "policy", "splits", "statistics", "findings",
            "files", "error", "created_by", "created_at", "frozen_at",
        ]  # fmt: skip


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
