"""The queue's settings, gold candidates and judges' figures below `/api/v1/projects/{slug}/`."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, StrictSerializer, caller, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.models import Gold, Ordering, Queue, Run, Strategy
from annotate.models.queue import RATE_MAX
from annotate.selectors.judges import project_judges
from annotate.selectors.queue import gold_lasts, golds_of
from annotate.services.arranging import queue_of, queue_update
from annotate.services.golding import (
    EXPLANATION_MAX,
    GOLDS_MAX,
    GoldWish,
    gold_remove,
    golds_from_adjudicated,
    golds_set,
)


class RunField(serializers.SlugRelatedField[Run]):
    """A run by its name; null for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="name", allow_null=True, required=False, **kwargs)

    def get_queryset(self) -> Any:
        return Run.objects.filter(project=self.context["project"])


class QueueSerializer(StrictSerializer):
    """How the queue is set, and how far its candidates are arranged."""

    @extend_schema_serializer(component_name="QueueOrdering")
    class OrderingSerializer(serializers.Serializer[Any]):
        status = serializers.ChoiceField(choices=Ordering.choices)
        arranged = serializers.IntegerField(help_text="Candidates that have their new place.")
        total = serializers.IntegerField(help_text="Candidates whose place changes.")
        arranged_at = serializers.DateTimeField(allow_null=True)

    strategy = serializers.ChoiceField(choices=Strategy.choices, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=(1 << 31) - 1, required=False)
    run = RunField(queryset=Run.objects.none(), help_text="Whose scores or ranks order the queue.")
    other_run = RunField(queryset=Run.objects.none(), help_text="What it is compared with.")
    depth = serializers.IntegerField(
        min_value=1, max_value=1_000, required=False, help_text="How many ranks come first."
    )
    gold_rate = serializers.FloatField(min_value=0, max_value=RATE_MAX, required=False)
    gold_again = serializers.BooleanField(
        required=False,
        help_text="A gold candidate is a check for the same person more than once, after all have"
        " come; otherwise what counts comes instead. Accuracy counts the first answer.",
    )
    gold_lasts = serializers.SerializerMethodField(
        help_text="About how many items of one person until the gold candidates have all come;"
        " null where none are mixed in."
    )
    repeat_rate = serializers.FloatField(min_value=0, max_value=RATE_MAX, required=False)
    repeat_after = serializers.IntegerField(
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="Answers that a person gives in between, before a pair comes again.",
    )
    repeat_days = serializers.IntegerField(min_value=0, max_value=3_650, required=False)
    assigned_only = serializers.BooleanField(
        required=False, help_text="People judge only what is assigned to them."
    )
    ordering = OrderingSerializer(source="*", read_only=True)

    def get_gold_lasts(self, queue: Queue) -> int | None:
        return gold_lasts(queue)


class QueueDetail(ApiView):
    @extend_schema(operation_id="queue", responses={200: QueueSerializer, 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Show how the queue is set."""
        project = project_for(request.user, slug, Right.MANAGE)
        return Response(QueueSerializer(queue_of(project)).data)

    @extend_schema(operation_id="queue_update", request=QueueSerializer, responses=QueueSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings; a worker arranges the candidates while judging goes on."""
        project = project_for(request.user, slug, Right.MANAGE)
        given = validated(QueueSerializer(data=request.data, context={"project": project}))
        queue: Queue = queue_update(project=project, **given)
        return Response(QueueSerializer(queue).data)


class GoldOutput(serializers.Serializer[Gold]):
    """A gold candidate with its texts."""

    candidate = serializers.CharField(source="candidate_id")
    query = serializers.CharField(source="candidate.query.text")
    passage = serializers.CharField(source="candidate.passage.text.text")
    grade = serializers.IntegerField(source="grade.value")
    explanation = serializers.CharField()
    set_by = serializers.CharField(source="set_by.username", allow_null=True, default=None)
    set_at = serializers.DateTimeField()


class GoldList(ApiView):
    pagination_class = ById

    @extend_schema_serializer(component_name="GoldsRequest")
    class InputSerializer(StrictSerializer):
        class GoldWishSerializer(StrictSerializer):
            candidate = serializers.IntegerField(min_value=1)
            grade = serializers.IntegerField()
            explanation = serializers.CharField(
                required=False, allow_blank=True, max_length=EXPLANATION_MAX
            )

        golds = serializers.ListField(
            child=GoldWishSerializer(), required=False, max_length=GOLDS_MAX
        )
        adjudicated = serializers.BooleanField(
            required=False, help_text="All adjudicated candidates, with the grade given there."
        )

    @extend_schema_serializer(component_name="GoldsResult")
    class OutputSerializer(serializers.Serializer[Any]):
        set = serializers.IntegerField(help_text="How many are gold now that said otherwise.")

    @extend_schema(
        operation_id="golds", responses={200: GoldOutput(many=True), 403: ProblemSerializer}
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the gold candidates; for managers only, since they judge nobody who knows them."""
        project = project_for(request.user, slug, Right.MANAGE)
        return paginated(self, request, golds_of(project), GoldOutput)

    @extend_schema(
        operation_id="golds_set", request=InputSerializer, responses={201: OutputSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Make candidates gold: those given, or all adjudicated ones. All of them or none."""
        project = project_for(request.user, slug, Right.MANAGE)
        given = validated(self.InputSerializer(data=request.data))
        wishes = [GoldWish(**row) for row in given.get("golds", ())]
        by = caller(request)
        number = golds_set(project=project, wishes=wishes, by=by)
        if given.get("adjudicated"):
            number += golds_from_adjudicated(project=project, by=by)
        return Response({"set": number}, status=status.HTTP_201_CREATED)


class GoldDetail(ApiView):
    @extend_schema(operation_id="gold_remove", responses={204: None, 404: ProblemSerializer})
    def delete(self, request: Request, slug: str, candidate: int) -> Response:
        """End a candidate's being gold; what people answered to it is kept."""
        project = project_for(request.user, slug, Right.MANAGE)
        if not gold_remove(project=project, candidate=candidate, by=caller(request)):
            raise Http404("This candidate is not gold.")
        return Response(status=status.HTTP_204_NO_CONTENT)


class ShareOutput(serializers.Serializer[Any]):
    """A share with Wilson's 95% interval; null where n is 0."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class JudgeOutput(serializers.Serializer[Any]):
    """One judge's figures."""

    @extend_schema_serializer(component_name="JudgePace")
    class PaceSerializer(serializers.Serializer[Any]):
        answers = serializers.IntegerField(help_text="In the last seven days.")
        n = serializers.IntegerField(help_text="Of these, with a time.")
        median_seconds = serializers.FloatField(allow_null=True)
        per_hour = serializers.FloatField(allow_null=True, help_text="Of active time.")

    person = serializers.CharField(source="username")
    role = serializers.CharField(help_text="Empty for those who have left.")
    answers = serializers.IntegerField()
    gold = ShareOutput(help_text="Checks answered with the gold grade.")
    near_gold = ShareOutput(
        allow_null=True,
        help_text="Checks answered with it, or with a grade beside it; null where there are two"
        " grades only.",
    )
    same = ShareOutput(help_text="Repeats answered as before.")
    kappa = serializers.FloatField(
        allow_null=True, help_text="Of the repeats, quadratic weights; null of fewer than 20."
    )
    pace = PaceSerializer()
    last_at = serializers.DateTimeField(allow_null=True)


class JudgeList(ApiView):
    @extend_schema_serializer(component_name="Judges")
    class OutputSerializer(serializers.Serializer[Any]):
        judges = JudgeOutput(many=True)

    @extend_schema(operation_id="judges", responses={200: OutputSerializer, 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """Show each judge's accuracy on gold, self-consistency and pace."""
        member = member_for(request.user, slug, Right.MANAGE)
        judges = project_judges(member.project)
        return Response(self.OutputSerializer({"judges": judges}).data)
