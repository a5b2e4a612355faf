"""`…/versions/{n}/queries/`: wins, ties and losses by query, and the rankings of one of them."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import member_for
from accounts.rest import ApiView, Parameters, asked
from models_app.access import reranker_access
from models_app.models import Version
from models_app.selectors import version_get
from training.selectors.by_query import ORDERS, duel_of, job_of, query_compared, rows_named

_AT_MOST = 500


class AgainstQuery(Parameters):
    """Against which system, and what of it."""

    against = serializers.CharField(
        required=False, help_text="base, bm25, first_stage or champion; default: the first of them."
    )
    first = serializers.ChoiceField(
        choices=list(ORDERS), default="losses", help_text="Which differences come first."
    )
    offset = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, default=0, help_text="Queries to pass over."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=_AT_MOST, default=100, help_text="Queries to give at most."
    )


class RankingsQuery(Parameters):
    """Which query, and against which system."""

    query = serializers.CharField(trim_whitespace=False, help_text="Its id in the snapshot.")
    against = serializers.CharField(
        required=False, help_text="base, bm25, first_stage or champion; default: the first of them."
    )


class CountsOutput(serializers.Serializer[Any]):
    """Test queries won, tied and lost in nDCG@10."""

    win = serializers.IntegerField()
    tie = serializers.IntegerField()
    loss = serializers.IntegerField()


class QueryRowOutput(serializers.Serializer[Any]):
    """nDCG@10 of both on one query; `query` is empty where it was erased."""

    query_id = serializers.CharField()
    query = serializers.CharField()
    word = serializers.ChoiceField(choices=["win", "tie", "loss"])
    own = serializers.FloatField()
    other = serializers.FloatField()
    delta = serializers.FloatField()


class DuelOutput(serializers.Serializer[Any]):
    """A version against a system by test query."""

    against = serializers.CharField()
    counts = CountsOutput()
    queries = serializers.IntegerField()
    results = QueryRowOutput(many=True)


class PlacedOutput(serializers.Serializer[Any]):
    """A passage in a ranking; title, text and grade are null where they were erased."""

    place = serializers.IntegerField()
    passage_id = serializers.CharField()
    score = serializers.FloatField()
    elsewhere = serializers.IntegerField(
        allow_null=True, help_text="Its place in the other ranking, if in the first ten."
    )
    title = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    grade = serializers.FloatField(allow_null=True)
    relevant = serializers.BooleanField()


class RankingOutput(serializers.Serializer[Any]):
    """The first ten passages of one system, and its metrics on the query."""

    system = serializers.CharField()
    values = serializers.DictField(child=serializers.FloatField())
    passages = PlacedOutput(many=True)


class ComparedOutput(serializers.Serializer[Any]):
    """One query with both rankings, the version's first."""

    query_id = serializers.CharField()
    query = serializers.CharField()
    judged = serializers.IntegerField()
    relevant = serializers.IntegerField()
    rankings = RankingOutput(many=True)


class VersionQueries(ApiView):
    parameters = AgainstQuery

    @extend_schema(responses=DuelOutput)
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """List a version's test queries, won, tied and lost; for members of its project."""
        job = job_of(_version(request, team, name, number))
        wanted = asked(self, request)
        duel = duel_of(job, against=wanted.get("against", ""), order=wanted["first"])
        end = wanted["offset"] + wanted["limit"]
        rows = rows_named(job, duel.rows[wanted["offset"] : end])
        answer = {
            "against": duel.against,
            "counts": duel.counts,
            "queries": len(duel.rows),
            "results": rows,
        }
        return Response(DuelOutput(answer).data)


class VersionRankings(ApiView):
    parameters = RankingsQuery

    @extend_schema(responses=ComparedOutput)
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """Show one test query with the first ten of both rankings; for members of the project."""
        job = job_of(_version(request, team, name, number))
        wanted = asked(self, request)
        against = duel_of(job, against=wanted.get("against", "")).against
        return Response(ComparedOutput(query_compared(job, wanted["query"], against=against)).data)


def _version(request: Request, team: str, name: str, number: int) -> Version:
    """Return a version to a member of its project, and to nobody else, public as it may be."""
    member_for(request.user, team)
    try:
        return version_get(reranker_access(request.user, team, name).reranker, number)
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
