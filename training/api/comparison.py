"""`…/rerankers/{team}/{name}/compare/`: two versions, and the scores of their jobs."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import Parameters, asked
from models_app.access import reranker_access
from models_app.api import RegistryView
from models_app.revisions import revision_find
from models_app.serializers.evidence import FigureSerializer
from models_app.serializers.lineage import RECIPE_VALUE
from models_app.serializers.registry import VersionShortSerializer
from training.selectors.comparing import versions_compared


@extend_schema_field(RECIPE_VALUE)
class ValueField(serializers.JSONField):
    """A single value of any kind."""


class DifferenceSerializer(serializers.Serializer[Any]):
    """A named value in both versions; null where a version does not have it."""

    name = serializers.CharField()
    a = ValueField()
    b = ValueField()


class PairedSerializer(serializers.Serializer[Any]):
    """b minus a over n queries: mean, 95% interval, p of the paired randomisation test."""

    delta = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    p = serializers.FloatField()
    n = serializers.IntegerField()


class PairingSerializer(serializers.Serializer[Any]):
    """One metric of one system on one split in both versions; `n` counts `unit`s.

    `paired` is the test of the versions against each other, in ranking metrics of the versions
    themselves; null where they were measured on different snapshots.
    """

    split = serializers.CharField()
    system = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    a = FigureSerializer(allow_null=True)
    b = FigureSerializer(allow_null=True)
    delta = serializers.FloatField(allow_null=True)
    paired = PairedSerializer(allow_null=True)


def _compared_version() -> serializers.CharField:
    missing = "Name a version: a number, a tag, an alias or a commit."
    return serializers.CharField(
        help_text="A number or a revision.",
        error_messages={"required": missing, "blank": missing},
    )


class CompareParameters(Parameters):
    """Which two versions to compare."""

    a = _compared_version()
    b = _compared_version()


class ComparisonSerializer(serializers.Serializer[Any]):
    """Two versions side by side; `delta` is b minus a."""

    a = VersionShortSerializer()
    b = VersionShortSerializer()
    same_snapshot = serializers.BooleanField()
    measured_on = serializers.CharField(
        help_text="The snapshot on which both were evaluated later, where theirs are different."
    )
    warnings = serializers.ListField(child=serializers.CharField())
    metrics = PairingSerializer(many=True)
    recipe = DifferenceSerializer(many=True)
    dataset = DifferenceSerializer(many=True)
    packages = DifferenceSerializer(many=True)


class Compare(RegistryView):
    parameters = CompareParameters

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request, team: str, name: str) -> Response:
        """Compare two versions: metrics side by side with the paired test, and what differs in
        recipe, data and packages."""
        access = reranker_access(request.user, team, name)
        named = asked(self, request)
        a, b = (revision_find(access.reranker, named[key]) for key in "ab")
        return Response(ComparisonSerializer(versions_compared(a, b, member=access.member)).data)
