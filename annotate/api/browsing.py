"""`…/queries/` and `…/candidates/`: search, filter, cursor."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import member_for
from accounts.api import paginated
from annotate.models import Candidate, Query
from annotate.selectors.browsing import FILTERS, candidates_of, queries_of, with_evidence


class QueryOutput(serializers.ModelSerializer[Query]):
    """A query; `external_id` is null where it is known by its text."""

    id = serializers.CharField(read_only=True)

    class Meta:
        model = Query
        fields = ["id", "external_id", "text", "metadata", "created_at"]


class LabelOutput(serializers.Serializer[Any]):
    """A judgment that the caller may see."""

    grade = serializers.IntegerField(source="grade.value")
    kind = serializers.CharField()
    person = serializers.CharField(source="person.username", default=None)
    import_source = serializers.CharField(source="source.name", default=None)
    created_at = serializers.DateTimeField()


class ProposalOutput(serializers.Serializer[Any]):
    """A run's rank and score for a candidate."""

    run = serializers.CharField(source="run.name")
    rank = serializers.IntegerField(allow_null=True)
    score = serializers.FloatField(allow_null=True)


class CandidateOutput(serializers.Serializer[Candidate]):
    """A candidate with its texts and what the caller may see of its judgments and runs."""

    id = serializers.CharField()
    query = serializers.CharField(source="query_id")
    passage = serializers.CharField(source="passage_id")
    passage_external_id = serializers.CharField(source="passage.external_id", allow_null=True)
    title = serializers.CharField(source="passage.title")
    text = serializers.CharField(source="passage.text.text")
    metadata = serializers.DictField()
    judgments = LabelOutput(source="visible_judgments", many=True)
    proposals = ProposalOutput(source="visible_proposals", many=True)


class QueryList(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Text that the query contains, or its id."),
            OpenApiParameter(
                "show",
                str,
                enum=[name for name in FILTERS if name],
                description="Ignored for those who judge blind: it tells what others have judged.",
            ),
        ],
        responses=QueryOutput(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List queries."""
        wanted = request.query_params
        rows = queries_of(
            member_for(request.user, slug),
            search=wanted.get("q", ""),
            show=wanted.get("show", ""),
        )
        return paginated(self, request, rows, QueryOutput)


class CandidateList(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("query", str, description="The id of a query.")],
        responses=CandidateOutput(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        """List candidates with their texts, judgments and proposals."""
        member = member_for(request.user, slug)
        wanted, query = request.query_params.get("query"), None
        if wanted is not None:
            queries = member.project.queries
            query = get_object_or_404(queries, pk=int(wanted) if wanted.isdigit() else 0)
        rows = with_evidence(candidates_of(member.project, query=query), member)
        return paginated(self, request, rows, CandidateOutput)
