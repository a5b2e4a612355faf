"""`…/adjudications/`: what people disagree on, by importance, and the reviewers' decisions."""

import uuid
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.rest import (
    ApiView,
    Parameters,
    StrictSerializer,
    asked,
    filters,
    paginated,
    validated,
)
from accounts.schema import ProblemSerializer
from annotate.models import Dispute, Judgment, Kind
from annotate.paging import ByImportance
from annotate.selectors.adjudication import (
    SHOWS,
    STATES,
    Case,
    Wish,
    case_of,
    disputes_of,
    with_opinions,
)
from annotate.services.adjudication import Ruling, adjudication_record
from annotate.services.answers import COMMENT_MAX, SECONDS_MAX


class OpinionOutput(serializers.Serializer[Judgment]):
    """What somebody said of a candidate, or an import source's label.

    Before the decision judges are named only where `names` asks for it.
    """

    id = serializers.CharField()
    kind = serializers.CharField()
    action = serializers.CharField()
    person = serializers.CharField(
        source="person.username",
        allow_null=True,
        help_text="Of judges null before the decision, unless `names` asks for them.",
    )
    import_source = serializers.CharField(source="source.name", allow_null=True)
    grade = serializers.IntegerField(source="grade.value", allow_null=True)
    skip_reason = serializers.CharField()
    comment = serializers.CharField(help_text="Of an adjudication its reason.")
    seconds = serializers.FloatField(allow_null=True)
    flagged = serializers.BooleanField()
    evidence = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="[start, end) in code points of the passage's text.",
    )
    passage_revision = serializers.IntegerField()
    query_revision = serializers.IntegerField()
    replaces = serializers.CharField(source="replaces_id", allow_null=True)
    current = serializers.BooleanField(help_text="Whether it holds.")
    created_at = serializers.DateTimeField()


def _hide_judges(opinions: list[dict[str, Any]]) -> None:
    for said in opinions:
        if said["kind"] != Kind.ADJUDICATION:
            said["person"] = None


class DisputeOutput(serializers.ModelSerializer[Dispute]):
    """A candidate that people disagree on; `importance` orders the list."""

    candidate = serializers.CharField(source="candidate_id")
    query = serializers.CharField(source="query_id")
    query_text = serializers.CharField(source="query.text")
    title = serializers.CharField(source="candidate.passage.title")
    judgments = OpinionOutput(source="candidate.opinions", many=True)

    class Meta:
        model = Dispute
        fields = [
            "candidate", "query", "query_text", "title", "importance", "differs", "crosses",
            "flagged", "skipped", "referred", "settled", "judges", "outvoted", "spread", "rank",
            "judgments",
        ]  # fmt: skip

    def to_representation(self, instance: Dispute) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        if not (instance.settled or self.context.get("names")):
            _hide_judges(told["judgments"])
        return told


class NamesParameters(Parameters):
    """Whether judges are named."""

    names = serializers.BooleanField(
        required=False, help_text="Name the judges before the decision, too."
    )


class DisputeParameters(NamesParameters):
    """Which disputes."""

    q = serializers.CharField(
        required=False, allow_blank=True, help_text="Text that the query contains, or its id."
    )
    judge = serializers.CharField(
        required=False, allow_blank=True, help_text="User name of somebody who judged it."
    )
    show = serializers.ChoiceField(
        choices=list(SHOWS),
        required=False,
        help_text="`differ`, unless given; of the adjudicated ones `all`.",
    )
    state = serializers.ChoiceField(choices=list(STATES), required=False, help_text="`open`.")


class AdjudicationList(ApiView):
    parameters = DisputeParameters
    pagination_class = ByImportance

    @extend_schema(responses={200: DisputeOutput(many=True), 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """List what people disagree on, the most important first."""
        project = project_for(request.user, slug, Right.REVIEW)
        given = filters(self, request)
        output = partial(DisputeOutput, context={"names": given.pop("names", False)})
        wish = Wish(given.pop("q", "").strip(), **given)
        return paginated(self, request, with_opinions(disputes_of(project, wish)), output)


class CaseRunOutput(serializers.Serializer[Any]):
    """A run's rank and score for a candidate."""

    run = serializers.CharField(source="run.name")
    rank = serializers.IntegerField(allow_null=True)
    score = serializers.FloatField(allow_null=True)


class CaseOutput(serializers.Serializer[Case]):
    """A candidate with all that was ever said of it, oldest first."""

    candidate = serializers.CharField(source="candidate.pk")
    query = serializers.CharField(source="candidate.query_id")
    query_text = serializers.CharField(source="candidate.query.text")
    query_revision = serializers.IntegerField(source="candidate.query.revision")
    passage = serializers.CharField(source="candidate.passage_id")
    title = serializers.CharField(source="candidate.passage.title")
    text = serializers.CharField(source="candidate.passage.text.text")
    passage_revision = serializers.IntegerField(source="candidate.passage.revision")
    importance = serializers.FloatField(
        source="dispute.importance", allow_null=True, help_text="null: nobody disagrees."
    )
    proposals = CaseRunOutput(many=True)
    judgments = OpinionOutput(source="history", many=True)
    adjudication = OpinionOutput(source="decision", allow_null=True, help_text="Where one holds.")

    def to_representation(self, instance: Case) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        if instance.decision is None and not self.context.get("names"):
            _hide_judges(told["judgments"])
        return told


class RulingInput(StrictSerializer):
    """A decision, its revision, or taking it back."""

    id = serializers.UUIDField(
        required=False, help_text="Made by the client, so that a repeat is recognised."
    )
    grade = serializers.IntegerField(
        required=False, allow_null=True, help_text="Needed, unless `withdraw` is true."
    )
    withdraw = serializers.BooleanField(
        required=False, help_text="Takes the adjudication `replaces` back."
    )
    reason = serializers.CharField(max_length=COMMENT_MAX)
    replaces = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The adjudication that holds and that this one revises; 409 for any other.",
    )
    seconds = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=SECONDS_MAX
    )
    revision = serializers.IntegerField(
        required=False, allow_null=True, help_text="The passage's that was read."
    )
    query_revision = serializers.IntegerField(
        required=False, allow_null=True, help_text="The query's that was read."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        withdraw = attrs.pop("withdraw", False)
        if withdraw == (attrs.get("grade") is not None):
            raise serializers.ValidationError({"grade": "Give a grade, or withdraw."})
        return {"id": uuid.uuid4(), "grade": None, **attrs}


class AdjudicationDetail(ApiView):
    parameters = NamesParameters

    @extend_schema(responses={200: CaseOutput, 403: ProblemSerializer})
    def get(self, request: Request, slug: str, candidate: int) -> Response:
        """Show a candidate with all that was said of it."""
        project = project_for(request.user, slug, Right.REVIEW)
        names = asked(self, request).get("names", False)
        case = CaseOutput(case_of(project, candidate), context={"names": names})
        return Response(case.data)

    @extend_schema(
        request=RulingInput,
        responses={200: OpinionOutput, 201: OpinionOutput, 409: ProblemSerializer},
    )
    def post(self, request: Request, slug: str, candidate: int) -> Response:
        """Decide a candidate, with a reason; of several at once one wins, and 409 tells the others.

        The problem's `detail` says who decided what, and why. A repeat of the same `id` is 200.
        """
        member = member_for(request.user, slug, Right.REVIEW)
        given = validated(RulingInput(data=request.data))
        row, created = adjudication_record(
            project=member.project,
            person=member.user,
            ruling=Ruling(candidate=candidate, **given),
        )
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(OpinionOutput(row).data, status=code)
