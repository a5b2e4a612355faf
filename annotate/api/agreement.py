"""`/api/v1/projects/{slug}/agreement/`."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import member_for
from accounts.rest import ApiView, Parameters, asked
from accounts.schema import ProblemSerializer
from annotate.selectors.agreement_reports import (
    GONE,
    ConflictShown,
    Judge,
    Seen,
    conflicts_shown,
    named_to,
    pair_advice,
    report_seen,
)
from annotate.selectors.checks import HIDDEN, sees_counts
from annotate.services.agreement import agreement_current

CONFLICTS_MAX: Final = 50
_FIGURES: Final = (
    "By measure: `percent`, `cohen`, `cohen_linear`, `cohen_quadratic`, `fleiss`, `alpha_nominal`,"
    " `alpha_ordinal`, `alpha_interval`."
)


class AgreementFigure(serializers.Serializer[Any]):
    """A measure with its 95% bootstrap interval over queries, and what it rests on."""

    value = serializers.FloatField(allow_null=True, help_text="Null where it is not defined.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    units = serializers.IntegerField(help_text="Candidates with several judgments.")
    pairs = serializers.IntegerField(help_text="Pairs of judgments on them; of runs for a tau.")
    judges = serializers.IntegerField()
    queries = serializers.IntegerField()
    why = serializers.CharField(help_text="Why the value or its interval is missing, or empty.")


class AgreementGrade(serializers.Serializer[Any]):
    """Specific agreement: of those who gave a grade, how many of the others did, too."""

    grade = serializers.IntegerField()
    name = serializers.CharField()
    agreement = AgreementFigure()


class AgreementSlice(serializers.Serializer[Any]):
    """A part of the candidates; one that is too small has no figures, and `why` says so."""

    kind = serializers.CharField()
    name = serializers.CharField()
    units = serializers.IntegerField()
    queries = serializers.IntegerField()
    figures = serializers.DictField(child=AgreementFigure(), help_text=_FIGURES)
    why = serializers.CharField()


class AgreementJudge(serializers.Serializer[Any]):
    """A person by user name, or an import source by its name."""

    name = serializers.CharField(help_text="Empty for somebody whose account is gone.")
    imported = serializers.BooleanField()


class AgreementRun(serializers.Serializer[Any]):
    """A run's mean nDCG@10 under the labels of either judge."""

    run = serializers.CharField()
    one = serializers.FloatField()
    other = serializers.FloatField()


class AgreementRankings(serializers.Serializer[Any]):
    """How the labels of two judges rank the project's runs, over the candidates they share."""

    tau = AgreementFigure(help_text="Kendall's tau-b.")
    runs = AgreementRun(many=True)


class AgreementPair(serializers.Serializer[Any]):
    """Two judges."""

    one = AgreementJudge()
    other = AgreementJudge()
    table = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Candidates by the grade of the one (rows) and of the other, worst first.",
    )
    figures = serializers.DictField(child=AgreementFigure(), help_text=_FIGURES)
    rankings = AgreementRankings(allow_null=True)
    advice = serializers.ListField(child=serializers.CharField())


class AgreementLabel(serializers.Serializer[Any]):
    """Who said what."""

    judge = AgreementJudge()
    grade = serializers.IntegerField()


class AgreementConflictCandidate(serializers.Serializer[Any]):
    """A candidate with the wording of its query and its grades now."""

    candidate = serializers.CharField()
    query = serializers.CharField()
    query_text = serializers.CharField()
    judgments = AgreementLabel(many=True)


class AgreementConflict(serializers.Serializer[Any]):
    """The same passage under the same or a near-identical query, judged differently."""

    difference = serializers.FloatField(help_text="Of the lowest and the highest mean grade.")
    candidates = AgreementConflictCandidate(many=True)


@extend_schema_serializer(component_name="Agreement")
class AgreementOutput(serializers.Serializer[Any]):
    """How far people agree; the figures are null until a large project is measured first."""

    current = serializers.BooleanField(
        help_text="Whether the judgments are still those that were measured."
    )
    measuring = serializers.BooleanField(help_text="Whether a worker is asked to measure anew.")
    measured_at = serializers.DateTimeField(allow_null=True)
    with_imported = serializers.BooleanField()
    judgments = serializers.IntegerField(allow_null=True, help_text="Grades that hold and count.")
    candidates = serializers.IntegerField(allow_null=True)
    queries = serializers.IntegerField(allow_null=True)
    judges = serializers.IntegerField(allow_null=True)
    figures = serializers.DictField(
        child=AgreementFigure(), allow_null=True, help_text=f"Overall. {_FIGURES}"
    )
    preferences = serializers.DictField(
        child=AgreementFigure(),
        help_text="Of pairs of candidates, over first, second and tie: `percent`, `cohen`,"
        " `fleiss`, `alpha_nominal`; `units` are pairs. Empty where nobody has compared any.",
    )
    grades = AgreementGrade(many=True, help_text="Specific agreement, worst grade first.")
    relevant = AgreementFigure(allow_null=True, help_text="The same of all relevant grades.")
    slices = AgreementSlice(many=True)
    pairs = AgreementPair(many=True, help_text="Empty for those who review nothing.")
    pairs_total = serializers.IntegerField(allow_null=True)
    conflicts = AgreementConflict(
        many=True,
        help_text=f"The {CONFLICTS_MAX} largest; empty for those who review nothing.",
    )
    conflicts_total = serializers.IntegerField(allow_null=True)
    advice = serializers.ListField(child=serializers.CharField())


class AgreementParameters(Parameters):
    """Whose grades."""

    with_imported = serializers.BooleanField(
        required=False, help_text="Count each import source as one more judge."
    )


class AgreementApi(ApiView):
    """How far people agree."""

    parameters = AgreementParameters

    @extend_schema(
        operation_id="agreement", responses={200: AgreementOutput, 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return agreement measures, each with its n and a 95% interval.

        Measured now where there are at most 20,000 judgments; else by a worker, and `current` says
        whether the figures are still true. Managers and reviewers also see pairs of judges, and the
        same passage judged differently. Where checks or repeats are among the items, it is for
        them only.
        """
        member = member_for(request.user, slug)
        if not sees_counts(member):
            raise PermissionDenied(HIDDEN)
        with_imported = bool(asked(self, request).get("with_imported"))
        report, moment = agreement_current(project=member.project, with_imported=with_imported)
        return Response(_body(report_seen(report, moment, named=named_to(member))))


def _body(seen: Seen) -> dict[str, Any]:
    report, result = seen.report, seen.result or {}
    counts = ("judgments", "candidates", "queries", "judges", "pairs_total", "conflicts_total")
    conflicts = conflicts_shown(
        result.get("conflicts", [])[:CONFLICTS_MAX], with_imported=report.with_imported
    )
    return {
        "current": seen.current,
        "measuring": report.asked_at is not None,
        "measured_at": report.measured_at,
        "with_imported": report.with_imported,
        **{name: result.get(name) for name in counts},
        "figures": result.get("figures"),
        "preferences": result.get("preferences", {}),
        "grades": [
            {"grade": grade["value"], "name": grade["name"], "agreement": figure}
            for grade, figure in zip(seen.grades, result.get("grades", []), strict=False)
        ],
        "relevant": result.get("relevant"),
        "slices": result.get("slices", []),
        "pairs": [_pair(seen, pair) for pair in result.get("pairs", [])],
        "conflicts": [_conflict(conflict) for conflict in conflicts],
        "advice": seen.advice,
    }


def _pair(seen: Seen, pair: Mapping[str, Any]) -> dict[str, Any]:
    found = pair["rankings"]
    rankings = found and {
        "tau": found["tau"],
        "runs": [
            {"run": run, "one": one, "other": other}
            for run, one, other in zip(
                found["runs"], found["of_one"], found["of_other"], strict=True
            )
        ],
    }
    return {
        "one": _judge(seen.judges.get(pair["one"], GONE)),
        "other": _judge(seen.judges.get(pair["other"], GONE)),
        "table": pair["table"],
        "figures": pair["figures"],
        "rankings": rankings,
        "advice": pair_advice(seen, pair),
    }


def _judge(judge: Judge) -> dict[str, Any]:
    return {"name": judge.name, "imported": judge.imported}


def _conflict(conflict: ConflictShown) -> dict[str, Any]:
    return {
        "difference": conflict.difference,
        "candidates": [
            {
                "candidate": str(row.candidate.pk),
                "query": str(row.candidate.query_id),
                "query_text": row.candidate.query.text,
                "judgments": [
                    {"judge": _judge(said.judge), "grade": said.grade.value} for said in row.said
                ],
            }
            for row in conflict.rows
        ],
    }
