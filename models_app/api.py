"""`/api/v1/rerankers/`: rerankers, versions, their files, aliases, reviews, comparison."""

from typing import Final

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import LoginRequiredError, Right, project_for
from accounts.pagination import NewestFirst
from accounts.rest import ApiView, Parameters, caller, filters, paginated, validated
from accounts.schema import ProblemSerializer
from accounts.uploads import UploadParser, room_needed
from models_app import selectors
from models_app.access import Access, reranker_access
from models_app.downloads import (
    BYTES_TYPE,
    TEXT_TYPES,
    archive_response,
    artifact_of,
    artifact_response,
)
from models_app.integrity import DamagedError
from models_app.models import Alias, Use, Version
from models_app.revisions import revision_find
from models_app.serializers.registry import (
    AliasMoveInputSerializer,
    AliasMoveSerializer,
    AliasSerializer,
    RerankerChangeSerializer,
    RerankerSerializer,
    ReviewSerializer,
    VersionInputSerializer,
    VersionSerializer,
    VersionShortSerializer,
)
from models_app.serializers.uses import UsesSerializer
from models_app.services.counting import use_count
from models_app.services.importing import zip_publish
from models_app.services.rerankers import (
    alias_move,
    reranker_update,
    review_add,
)
from models_app.uses import uses_of


class LatestMoveFirst(NewestFirst):
    """Moves of aliases, the latest first."""

    orders = {"moved_at": "moved_at"}
    default = "-moved_at"


class DamagedStorageError(APIException):
    """503: the storage lacks a file; nothing was sent."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "damaged"


class RegistryView(ApiView):
    """A call about one reranker, which anybody may read who passes `reranker_access`."""

    permission_classes = [IsAuthenticatedOrReadOnly]

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, LoginRequiredError):
            exc = NotAuthenticated("Send a token or log in.")
        if isinstance(exc, Version.DoesNotExist | Alias.DoesNotExist):
            exc = Http404(str(exc))
        if isinstance(exc, DamagedError):
            exc = DamagedStorageError(f"{exc}. Restore it from a backup.")
        return super().handle_exception(exc)


_BYTES: Final = {304: None, 503: ProblemSerializer}


class RerankerParameters(Parameters):
    """Which rerankers."""

    project = serializers.CharField(
        required=False, allow_blank=True, help_text="Only this project's."
    )
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="A part of the project's slug, the name or the description.",
    )


class RerankerList(ApiView):
    parameters = RerankerParameters

    @extend_schema(operation_id="rerankers_list", responses=RerankerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the rerankers of your projects and all public ones, newest first."""
        rows = selectors.rerankers_visible(caller(request), **filters(self, request))
        return paginated(self, request, rows, RerankerSerializer)


class RerankerDetail(RegistryView):
    @extend_schema(responses=RerankerSerializer)
    def get(self, request: Request, team: str, name: str) -> Response:
        """Show a reranker with its newest version and its aliases."""
        return Response(RerankerSerializer(reranker_access(request.user, team, name).reranker).data)

    @extend_schema(request=RerankerChangeSerializer, responses=RerankerSerializer)
    def patch(self, request: Request, team: str, name: str) -> Response:
        """Change a reranker's description, or whether it is public."""
        access = reranker_access(request.user, team, name, Right.MANAGE)
        data = validated(RerankerChangeSerializer(data=request.data))
        return Response(RerankerSerializer(reranker_update(reranker=access.reranker, **data)).data)


class VersionList(RegistryView):
    parser_classes = [UploadParser]
    takes_files = True

    @extend_schema(
        operation_id="rerankers_versions_list", responses=VersionShortSerializer(many=True)
    )
    def get(self, request: Request, team: str, name: str) -> Response:
        """List a reranker's versions, newest first."""
        rows = reranker_access(request.user, team, name).reranker.versions.all()
        return paginated(self, request, rows, VersionShortSerializer)

    @extend_schema(
        request={"multipart/form-data": VersionInputSerializer},
        responses={201: VersionSerializer, 507: ProblemSerializer},
    )
    def post(self, request: Request, team: str, name: str) -> Response:
        """Publish the model in a zip as the next version, made elsewhere; no alias moves.

        A reranker of this name is made where the project has none.
        """
        project = project_for(request.user, team, Right.MANAGE)
        upload = validated(VersionInputSerializer(data=request.data))["file"]
        with room_needed():
            version = zip_publish(
                project=project, name=name, upload=upload, created_by=caller(request)
            )
        found = selectors.version_get(version.reranker, version.number)
        data = VersionSerializer(found, context={"member": True}).data
        return Response(data, status=status.HTTP_201_CREATED)


class VersionDetail(RegistryView):
    @extend_schema(responses=VersionSerializer)
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """Show a version: metrics, lineage, files with sha256."""
        access = reranker_access(request.user, team, name)
        version = selectors.version_get(access.reranker, number)
        return Response(VersionSerializer(version, context={"member": access.member}).data)


class VersionArchive(RegistryView):
    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY, **_BYTES})
    def get(self, request: Request, team: str, name: str, number: int) -> HttpResponseBase:
        """Download a version as a zip that `CrossEncoder(folder)` loads once it is unpacked.

        The same bytes every time, with `Content-Length` and a strong `ETag`.
        """
        reranker = reranker_access(request.user, team, name).reranker
        version = selectors.version_get(reranker, number)
        response = archive_response(request, version)
        if request.method == "GET" and response.status_code == status.HTTP_200_OK:
            use_count(version=version, use=Use.DOWNLOAD)
        return response


class VersionFile(RegistryView):
    @extend_schema(responses={(200, *TEXT_TYPES, BYTES_TYPE): OpenApiTypes.BINARY, **_BYTES})
    def get(
        self, request: Request, team: str, name: str, number: int, path: str
    ) -> HttpResponseBase:
        """Download one file of a version, or the part that `Range` asks for.

        Its `ETag` is its sha256.
        """
        reranker = reranker_access(request.user, team, name).reranker
        return artifact_response(
            request, artifact_of(selectors.version_get(reranker, number), path)
        )


class AliasDetail(RegistryView):
    @extend_schema(responses=AliasSerializer)
    def get(self, request: Request, team: str, name: str, alias: str) -> Response:
        """Show where an alias stands."""
        reranker = reranker_access(request.user, team, name).reranker
        return Response(AliasSerializer(selectors.alias_get(reranker, alias)).data)

    @extend_schema(
        request=AliasMoveInputSerializer,
        responses={200: AliasSerializer, 409: ProblemSerializer},
    )
    def put(self, request: Request, team: str, name: str, alias: str) -> Response:
        """Move an alias to a version, for a reason; roll back by moving it back."""
        access = reranker_access(request.user, team, name, Right.MANAGE)
        data = validated(AliasMoveInputSerializer(data=request.data))
        moved = alias_move(
            reranker=access.reranker,
            name=alias,
            version=revision_find(access.reranker, data["version"]),
            reason=data["reason"],
            moved_by=caller(request),
            expected=data["expected"],
        )
        return Response(AliasSerializer(moved).data)


class AliasHistory(RegistryView):
    permission_classes = [IsAuthenticated]
    pagination_class = LatestMoveFirst

    @extend_schema(
        operation_id="rerankers_aliases_history_list", responses=AliasMoveSerializer(many=True)
    )
    def get(self, request: Request, team: str, name: str, alias: str) -> Response:
        """List the moves of an alias, the latest first; for members of the project."""
        access = members_only(request, team, name)
        rows = selectors.alias_history(access.reranker, alias)
        return paginated(self, request, rows, AliasMoveSerializer)


class VersionUses(RegistryView):
    permission_classes = [IsAuthenticated]

    @extend_schema(operation_id="rerankers_versions_uses_retrieve", responses=UsesSerializer)
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """Count a version's downloads and rerank requests; for members of the project."""
        access = members_only(request, team, name)
        version = selectors.version_get(access.reranker, number)
        return Response(UsesSerializer({"uses": uses_of(version)}).data)


class ReviewList(RegistryView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="rerankers_versions_reviews_list", responses=ReviewSerializer(many=True)
    )
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """List the reviews of a version, newest first; for members of the project."""
        access = members_only(request, team, name)
        rows = selectors.reviews_of(selectors.version_get(access.reranker, number))
        return paginated(self, request, rows, ReviewSerializer)

    @extend_schema(request=ReviewSerializer, responses={201: ReviewSerializer})
    def post(self, request: Request, team: str, name: str, number: int) -> Response:
        """Approve a version, ask for changes, or comment on it."""
        access = reranker_access(request.user, team, name, Right.REVIEW)
        version = selectors.version_get(access.reranker, number)
        data = validated(ReviewSerializer(data=request.data))
        review = review_add(version=version, reviewer=caller(request), **data)
        return Response(ReviewSerializer(review).data, status=status.HTTP_201_CREATED)


def members_only(request: Request, team: str, name: str) -> Access:
    """Return a member's access; others are answered as for a reranker that does not exist."""
    access = reranker_access(request.user, team, name)
    if not access.member:
        raise Http404("There is no such project.")
    return access
