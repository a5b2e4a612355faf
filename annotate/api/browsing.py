"""`…/queries/` and `…/candidates/`: search, filter, cursor."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import member_for
from accounts.keyset import ORDER
from accounts.pagination import ById
from accounts.rest import ApiView, Parameters, filters, paginated
from accounts.schema import ProblemSerializer
from annotate.models import Candidate, Query
from annotate.selectors.browsing import (
    CANDIDATE_ORDERS,
    QUERY_ORDERS,
    RANKED,
    CandidateWish,
    QueryWish,
    candidates_of,
    queries_of,
    query_by,
    with_evidence,
)
from annotate.selectors.narrowing import CANDIDATE_FILTERS, QUERY_FILTERS


class QueryOutput(serializers.ModelSerializer[Query]):
    """A query; `external_id` is null where it is known by its text."""

    id = serializers.CharField(read_only=True)
    metadata = serializers.DictField(help_text="What its import said of it besides.")

    class Meta:
        model = Query
        fields = ["id", "external_id", "text", "metadata", "created_at"]


class LabelOutput(serializers.Serializer[Any]):
    """A judgment that the caller may see: a person's, or a label of an import source."""

    grade = serializers.IntegerField(source="grade.value")
    kind = serializers.CharField(source="kind_told", help_text="Checks do not show.")
    person = serializers.CharField(source="person.username", allow_null=True)
    import_source = serializers.CharField(source="source.name", allow_null=True)
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
    metadata = serializers.DictField(help_text="What its import said of it besides.")
    judgments = LabelOutput(source="visible_judgments", many=True)
    proposals = ProposalOutput(source="visible_proposals", many=True)


class QueryParameters(Parameters):
    """Which queries."""

    q = serializers.CharField(
        required=False, allow_blank=True, help_text="Text that the query contains, or its id."
    )
    show = serializers.ChoiceField(
        choices=[name for name in QUERY_FILTERS if name],
        required=False,
        allow_blank=True,
        help_text="Not for those who judge blind: it tells what others have judged.",
    )


class QueryList(ApiView):
    parameters = QueryParameters
    pagination_class = ById
    orders = QUERY_ORDERS

    @extend_schema(responses={200: QueryOutput(many=True), 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """List queries; 403 for a filter that would tell those who judge blind too much."""
        member = member_for(request.user, slug)
        wanted = filters(self, request)
        wish = QueryWish(search=wanted.get("q", ""), show=wanted.get("show", ""))
        rows = queries_of(member, wish)
        return paginated(self, request, rows, QueryOutput)


class CandidateParameters(Parameters):
    """Which candidates."""

    query = serializers.CharField(required=False, help_text="The id of a query.")
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Words of the passage or its title, each whole or, from three letters, its"
        " beginning; or the passage's external id.",
    )
    run = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Name of a run that proposed it. Not for those who judge blind.",
    )
    show = serializers.ChoiceField(
        choices=[name for name in CANDIDATE_FILTERS if name],
        required=False,
        allow_blank=True,
        help_text="Wanting more judgments of people, without any judgment or label, with some,"
        " flagged or skipped by somebody. This, `grade` and `judge` are for those who judge blind,"
        " and for annotators and viewers where checks are among the items, only with `judge=me`.",
    )
    grade = serializers.IntegerField(required=False, help_text="A grade that somebody gave it.")
    judge = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="User name of somebody who graded it; `me` for what the caller has answered, in"
        " which case `grade` and `show` (judged, flagged, skipped) are about their answer.",
    )


class CandidateList(ApiView):
    parameters = CandidateParameters
    pagination_class = ById
    orders = {**CANDIDATE_ORDERS, **RANKED}

    @extend_schema(responses={200: CandidateOutput(many=True), 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """List candidates with their texts, judgments and proposals.

        403 for a filter that would tell those who judge blind too much; 400 for the order by rank
        without a run.
        """
        member = member_for(request.user, slug)
        wanted = filters(self, request)
        reference = wanted.pop("query", None)
        query = None if reference is None else query_by(member.project, reference)
        wish = CandidateWish(query, wanted.pop("q", ""), **wanted)
        if request.query_params.get(ORDER, "").lstrip("-") in RANKED and not wish.run:
            raise ValidationError({ORDER: ["A rank is a run's: name the run, too, with `run`."]})
        rows = candidates_of(member, wish)
        return paginated(self, request, with_evidence(rows, member), CandidateOutput)
