"""`/api/v1/training-jobs/compare/`: jobs of one project side by side."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ApiView, Parameters, asked
from accounts.schema import ProblemSerializer
from models_app.serializers.evidence import FigureSerializer
from models_app.serializers.lineage import RECIPE_VALUE
from training.models import JobStatus
from training.selectors.jobs import job_for
from training.selectors.runs import MOST, RunCurve, RunsCompared, runs_chosen, runs_compared


class RunsQuery(Parameters):
    """Which jobs to compare."""

    jobs = serializers.CharField(
        help_text=f"Ids of two to {MOST} jobs of one project, separated by commas."
    )

    def validate_jobs(self, text: str) -> list[UUID]:
        try:
            return [UUID(each.strip()) for each in text.split(",")]
        except ValueError as error:
            raise serializers.ValidationError("These are no ids of jobs.") from error


@extend_schema_field(RECIPE_VALUE)
class ValueField(serializers.JSONField):
    """A single value of any kind, or null."""


@extend_schema_field(
    {
        "type": "array",
        "items": {"anyOf": [{"$ref": "#/components/schemas/Figure"}, {"type": "null"}]},
    }
)
class FiguresField(serializers.ListField):
    """One figure for each job; null where it was not measured."""


class RunOutput(serializers.Serializer[Any]):
    """A job that is compared, and the number of the version that it published."""

    id = serializers.CharField(source="pk")
    status = serializers.ChoiceField(choices=JobStatus.choices)
    version = serializers.IntegerField(allow_null=True)


class RunDifferenceOutput(serializers.Serializer[Any]):
    """Something in which jobs differ: a key of the recipe, or what was trained on or from."""

    name = serializers.CharField()
    values = serializers.ListField(child=ValueField(allow_null=True))


class RunFigureOutput(serializers.Serializer[Any]):
    """One metric of one system on a split, for each job; `n` counts `unit`s."""

    system = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    figures = FiguresField(child=FigureSerializer(allow_null=True))


class RunLeadOutput(serializers.Serializer[Any]):
    """nDCG@10 of a job minus that of the first over n test queries, paired, with its test."""

    job = serializers.CharField()
    delta = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    p = serializers.FloatField()
    p_holm = serializers.FloatField(help_text="Adjusted for all jobs that are compared.")
    n = serializers.IntegerField()


class RunCurveOutput(serializers.Serializer[Any]):
    """A measure by step, for each job: `[step, value]` pairs, at most 60 of them."""

    name = serializers.CharField()
    points = serializers.SerializerMethodField()

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 2},
            },
        }
    )
    def get_points(self, curve: RunCurve) -> list[list[list[float]]]:
        return [[[step, value] for step, value in points.items()] for points in curve.points]


class RunsOutput(serializers.Serializer[Any]):
    """Jobs side by side, oldest first; all lists of values are in the order of `jobs`."""

    jobs = serializers.SerializerMethodField()
    same_snapshot = serializers.BooleanField(
        help_text="Whether their figures were measured on the same frozen qrels."
    )
    differences = RunDifferenceOutput(many=True)
    split = serializers.CharField(help_text="The split of the figures.")
    figures = RunFigureOutput(many=True)
    on_dev = RunFigureOutput(many=True, help_text="Of the dev split, by which one chooses.")
    leads = serializers.SerializerMethodField()
    curves = RunCurveOutput(many=True)

    @extend_schema_field(RunOutput(many=True))
    def get_jobs(self, runs: RunsCompared) -> list[dict[str, Any]]:
        return [
            {
                "id": str(job.pk),
                "status": job.status,
                "version": None if version is None else version.number,
            }
            for job, version in runs.heads
        ]

    @extend_schema_field(RunLeadOutput(many=True))
    def get_leads(self, runs: RunsCompared) -> list[dict[str, Any]]:
        """Of jobs that measured the same queries as the first."""
        names = RunLeadOutput().fields.keys() - {"job"}
        return [
            {"job": str(job.pk), **{name: getattr(lead, name) for name in names}}
            for job, lead in zip(runs.jobs, runs.leads, strict=True)
            if lead is not None
        ]


class RunsCompare(ApiView):
    parameters = RunsQuery

    @extend_schema(responses={200: RunsOutput, 404: ProblemSerializer})
    def get(self, request: Request) -> Response:
        """Compare jobs of one project: what differs, figures on the test split, curves."""
        keys = asked(self, request)["jobs"]
        project = job_for(request.user, keys[0]).project
        return Response(RunsOutput(runs_compared(runs_chosen(project, keys))).data)
