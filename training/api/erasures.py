"""`…/erasures/{id}/versions/`: the models that learned from what was erased."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import project_for
from accounts.rest import ApiView
from annotate.selectors.erasures import erasure_by
from training.selectors.erasures import erasure_versions


class TouchedVersion(serializers.Serializer[Any]):
    """A version whose weights learned from, or were measured on, what was erased."""

    repo_id = serializers.CharField(source="version.reranker.repo_id")
    version = serializers.IntegerField(source="version.number")
    revision = serializers.CharField(source="version.revision")
    records = serializers.IntegerField(
        help_text="Records of its own snapshot that are gone; 0 where it has them by its base."
    )
    trained_from = serializers.CharField(
        source="through.revision", allow_null=True, default=None, help_text="By which base, if so."
    )
    card_quotes = serializers.BooleanField(
        source="quoted", help_text="Its card, which never changes, shows an erased text."
    )


class TouchedVersions(serializers.Serializer[Any]):
    """All of them, oldest first."""

    versions = TouchedVersion(many=True)


class ErasureVersions(ApiView):
    @extend_schema(responses=TouchedVersions)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Name the versions that learned from what was erased, and those made from them."""
        erasure = erasure_by(project_for(request.user, slug), pk)
        return Response(TouchedVersions({"versions": erasure_versions(erasure)}).data)
