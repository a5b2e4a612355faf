"""`…/progress/details/`: coverage, judged@k, days, the forecast, and for managers the judges."""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, role_allows
from accounts.rest import ApiView
from accounts.schema import ProblemSerializer
from annotate.selectors.checks import HIDDEN, sees_counts
from annotate.selectors.dashboard import Dashboard, dashboard_of


class DashboardApi(ApiView):
    """How the judging goes, in more detail than `progress/`."""

    @extend_schema_serializer(component_name="ProgressDetails")
    class OutputSerializer(serializers.Serializer[Any]):
        class CoverageSerializer(serializers.Serializer[Any]):
            queries = serializers.IntegerField(help_text="All that are not withdrawn.")
            with_candidates = serializers.IntegerField()
            begun = serializers.IntegerField(help_text="With a judgment of a person.")
            complete = serializers.IntegerField(help_text="That want no more judgments.")
            with_relevant = serializers.IntegerField(help_text="With a passage found relevant.")

        class JudgedAtSerializer(serializers.Serializer[Any]):
            run = serializers.CharField()
            depth = serializers.IntegerField(help_text="Down to this rank.")
            candidates = serializers.IntegerField()
            judged = serializers.IntegerField(help_text="Of them judged by people.")

        class JudgedDaySerializer(serializers.Serializer[Any]):
            day = serializers.DateField(help_text="In UTC.")
            judgments = serializers.IntegerField()

        class ForecastSerializer(serializers.Serializer[Any]):
            remaining = serializers.IntegerField(help_text="Judgments still wanted.")
            answers = serializers.IntegerField(help_text="Grades, skips, checks that hold.")
            timed = serializers.IntegerField(help_text="Of them with an active time.")
            seconds = serializers.FloatField(
                allow_null=True, help_text="Mean active time; null below 20 timed answers."
            )
            hours_spent = serializers.FloatField(allow_null=True)
            hours_left = serializers.FloatField(allow_null=True)
            per_day = serializers.FloatField(
                allow_null=True, help_text="Judgments on a day with any, over the last 14 days."
            )
            days_left = serializers.IntegerField(allow_null=True)
            ready_on = serializers.DateField(allow_null=True)
            cost_spent = serializers.DecimalField(12, 2, allow_null=True)
            cost_left = serializers.DecimalField(12, 2, allow_null=True)

        class PairProgressSerializer(serializers.Serializer[Any]):
            pairs = serializers.IntegerField(help_text="Offered, or compared before.")
            judged = serializers.IntegerField(help_text="With a preference or a tie that counts.")
            preferences = serializers.IntegerField(help_text="Preferences and ties that count.")
            wanted = serializers.IntegerField(help_text="Pairs times the overlap.")
            preferred = serializers.IntegerField(help_text="Of `preferences`, those without ties.")
            left = serializers.IntegerField(help_text="Of `preferred`, the left one was better.")
            ties = serializers.IntegerField()

        class JudgeSerializer(serializers.Serializer[Any]):
            person = serializers.CharField(source="person.username")
            judged = serializers.IntegerField(help_text="Grades that count.")
            skipped = serializers.IntegerField()
            flagged = serializers.IntegerField()
            answers = serializers.IntegerField()
            timed = serializers.IntegerField()
            seconds = serializers.FloatField(allow_null=True, help_text="Mean active time.")
            hours = serializers.FloatField(help_text="Active time.")
            last_week = serializers.IntegerField(help_text="Grades of the last seven days.")
            last_at = serializers.DateTimeField()

        coverage = CoverageSerializer()
        judged_at = JudgedAtSerializer(many=True)
        days = JudgedDaySerializer(many=True, help_text="The last 30.")
        forecast = ForecastSerializer()
        currency = serializers.CharField(help_text="Of the costs; empty where none is set.")
        pairs = PairProgressSerializer(
            allow_null=True, help_text="Null where no pairs are compared."
        )
        judges = JudgeSerializer(many=True, required=False, help_text="For owners and managers.")
        counted_at = serializers.DateTimeField(
            help_text="Now; some minutes ago where counting takes more than a second."
        )

    @extend_schema(
        operation_id="progress_details", responses={200: OutputSerializer, 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return coverage, judged@k, days and the forecast; judges for those who manage.

        Where checks or repeats are among the items, for reviewers, managers and owners only.
        """
        member = member_for(request.user, slug)
        if not sees_counts(member):
            raise PermissionDenied(HIDDEN)
        found = dashboard_of(member.project)
        body = _body(found, member.project.currency)
        if role_allows(member.role, Right.MANAGE):
            body["judges"] = found.judges
        return Response(self.OutputSerializer(body).data)


def _body(found: Dashboard, currency: str) -> dict[str, Any]:
    return {
        "coverage": found.coverage,
        "judged_at": [
            {"run": run, **asdict(row)} for run, rows in found.judged_at.items() for row in rows
        ],
        "days": [{"day": day, "judgments": number} for day, number in found.days],
        "forecast": found.forecast,
        "currency": currency,
        "pairs": found.pairs,
        "counted_at": found.counted_at,
    }
