"""`tasks/lease/`, `judgments/` and `progress/` below `/api/v1/projects/{slug}/`."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import member_for
from accounts.rest import ApiView, StrictSerializer, validated_by
from annotate.api.answering import (
    PERSON,
    STATUSES,
    KnownField,
    RangesField,
    SkipField,
    judging_member,
    malformed,
)
from annotate.selectors.checks import still_since
from annotate.selectors.items import items_of
from annotate.selectors.judging import remaining_for
from annotate.selectors.progress import project_progress
from annotate.services.answers import Answer, Recorded
from annotate.services.judging import BATCH_MAX, judgments_record
from annotate.services.leasing import LEASE_MAX, tasks_lease
from annotate.services.sittings import QUERIES_MAX, queries_lease


class LeaseApi(ApiView):
    """The annotator's next items."""

    @extend_schema_serializer(component_name="LeaseRequest")
    class InputSerializer(StrictSerializer):
        count = serializers.IntegerField(min_value=1, max_value=LEASE_MAX, default=1)
        queries = serializers.IntegerField(
            min_value=1,
            max_value=QUERIES_MAX,
            required=False,
            help_text="Instead of `count`: all that is open to the caller of so many queries,"
            f" query by query, {LEASE_MAX} items at most.",
        )
        known = KnownField(
            required=False,
            help_text="Candidates that the caller has at hand: renewed like the others, not sent.",
        )

    @extend_schema_serializer(component_name="LeaseResult")
    class OutputSerializer(serializers.Serializer[Any]):
        class LeasedItemSerializer(serializers.Serializer[Any]):
            class LeasedQuerySerializer(serializers.Serializer[Any]):
                id = serializers.CharField()
                text = serializers.CharField()
                metadata = serializers.DictField(
                    help_text="What came with it, such as a topic's description and narrative."
                )
                revision = serializers.IntegerField()

            class LeasedPassageSerializer(serializers.Serializer[Any]):
                id = serializers.CharField()
                title = serializers.CharField()
                text = serializers.CharField()
                metadata = serializers.DictField(help_text="What its import said of it besides.")
                revision = serializers.IntegerField()
                code = serializers.BooleanField(help_text="Its lines are best kept as they are.")

            class LeasedMatchesSerializer(serializers.Serializer[Any]):
                title = RangesField()
                text = RangesField()

            class LeasedRunSerializer(serializers.Serializer[Any]):
                run = serializers.CharField()
                rank = serializers.IntegerField(allow_null=True)
                score = serializers.FloatField(allow_null=True)

            class LeasedLabelSerializer(serializers.Serializer[Any]):
                author = serializers.CharField()
                grade = serializers.IntegerField()

            class PreviousAnswerSerializer(serializers.Serializer[Any]):
                grade = serializers.IntegerField(allow_null=True)
                skip = serializers.CharField(allow_null=True)
                comment = serializers.CharField()
                flagged = serializers.BooleanField()
                evidence = RangesField(help_text="Empty where the passage was edited since.")

            candidate = serializers.CharField()
            query = LeasedQuerySerializer()
            passage = LeasedPassageSerializer()
            matches = LeasedMatchesSerializer(
                help_text="Where words of the query stand in the passage, stemmed:"
                " [start, end) in code points, like evidence."
            )
            lease_expires_at = serializers.DateTimeField()
            previous = PreviousAnswerSerializer(
                required=False, help_text="The caller's own answer, where they took it back."
            )
            runs = LeasedRunSerializer(
                many=True, required=False, help_text="Not where judging is blind."
            )
            labels = LeasedLabelSerializer(
                many=True, required=False, help_text="Of others; not where judging is blind."
            )

        items = LeasedItemSerializer(many=True)
        known = serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="With `known`: those of them that the caller still holds.",
        )
        remaining = serializers.IntegerField(
            help_text="Candidates open to the caller, with the items above. Where more than 1,000"
            " want a judgment, up to a minute old and with what colleagues hold; below, exact where"
            " no checks are among the items. It falls by one with each answer, and what checks took"
            " off is given back at the full hour."
        )

    @extend_schema(
        operation_id="tasks_lease",
        request=InputSerializer,
        responses=OutputSerializer,
        parameters=[PERSON],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Lease the caller's next items; what they hold already comes first, renewed."""
        member = judging_member(request, slug)
        given = validated_by(_LEASE, request.data)
        project, person = member.project, member.user
        known = given.get("known", frozenset())
        lease = partial(tasks_lease, count=given["count"])
        if "queries" in given:
            lease = partial(queries_lease, queries=given["queries"])
        leases = lease(project=project, person=person, known=known)
        sent = [row for row in leases if row.candidate_id not in known]
        body = {
            "items": items_of(sent, project, person),
            "remaining": remaining_for(project, person, idle=not leases),
        }
        if "known" in given:
            held = [str(row.candidate_id) for row in leases if row.candidate_id in known]
            body["known"] = held
        return Response(body)


class JudgmentsApi(ApiView):
    """Answers in, a status per item out."""

    @extend_schema_serializer(component_name="JudgmentsRequest")
    class InputSerializer(serializers.Serializer[Any]):
        class JudgmentAnswerSerializer(StrictSerializer):
            id = serializers.UUIDField(help_text="Made by the client; a repeat is recognised.")
            candidate = serializers.IntegerField(required=False, allow_null=True)
            grade = serializers.IntegerField(required=False, allow_null=True)
            skip = SkipField(required=False, allow_null=True, help_text="true, or the reason.")
            withdraw = serializers.UUIDField(
                required=False, allow_null=True, help_text="The caller's answer to be undone."
            )
            seconds = serializers.FloatField(required=False, allow_null=True)
            comment = serializers.CharField(required=False, allow_blank=True)
            flagged = serializers.BooleanField(required=False)
            evidence = serializers.ListField(
                child=serializers.ListField(
                    child=serializers.IntegerField(min_value=0), min_length=2, max_length=2
                ),
                required=False,
            )
            revision = serializers.IntegerField(
                required=False, allow_null=True, help_text="The passage's that was read."
            )
            query_revision = serializers.IntegerField(
                required=False, allow_null=True, help_text="The query's that was read."
            )

        judgments = JudgmentAnswerSerializer(many=True)

    class BatchSerializer(StrictSerializer):
        judgments = serializers.ListField(child=serializers.DictField(), max_length=BATCH_MAX)

    @extend_schema_serializer(component_name="JudgmentsResult")
    class OutputSerializer(serializers.Serializer[Any]):
        class JudgmentResultSerializer(serializers.Serializer[Any]):
            id = serializers.CharField()
            status = serializers.ChoiceField(choices=STATUSES)
            code = serializers.IntegerField(help_text="The status as HTTP says it.")
            candidate = serializers.CharField(allow_null=True)
            kind = serializers.CharField(
                allow_null=True, help_text="`counted` or `late`; checks do not show."
            )
            leased = serializers.BooleanField(help_text="An undone item is the caller's again.")
            message = serializers.CharField()

        results = JudgmentResultSerializer(many=True)

    @extend_schema(
        operation_id="judgments_record",
        request=InputSerializer,
        responses=OutputSerializer,
        parameters=[PERSON],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Record a batch: 200 with a status per item, in the order given. Idempotent by `id`."""
        member = judging_member(request, slug)
        given = validated_by(_BATCH, request.data)
        rows = [_read(row) for row in given["judgments"]]
        good = [row for row in rows if isinstance(row, Answer)]
        recorded = judgments_record(project=member.project, person=member.user, answers=good)
        results = iter(recorded)
        body = [_result(next(results)) if isinstance(row, Answer) else row for row in rows]
        return Response({"results": body})


class ProgressApi(ApiView):
    """How far the judging is."""

    @extend_schema_serializer(component_name="ProgressResult")
    class OutputSerializer(serializers.Serializer[Any]):
        class ProgressCountsSerializer(serializers.Serializer[Any]):
            judged = serializers.IntegerField()
            judgments = serializers.IntegerField()
            remaining = serializers.IntegerField()
            skipped = serializers.IntegerField()
            people = serializers.IntegerField()
            labelled = serializers.IntegerField()

        candidates = serializers.IntegerField()
        judged = serializers.IntegerField(help_text="Candidates with a counted judgment.")
        judgments = serializers.IntegerField(help_text="Counted judgments that hold.")
        wanted = serializers.IntegerField(help_text="Candidates times the overlap.")
        remaining = serializers.IntegerField(help_text="Judgments still wanted.")
        skipped = serializers.IntegerField(help_text="Candidates that somebody has skipped.")
        people = serializers.IntegerField(help_text="Who have judged.")
        judges = serializers.IntegerField(help_text="Members who may judge.")
        imported = serializers.IntegerField(help_text="Imported labels.")
        labelled = serializers.IntegerField(help_text="Candidates with an imported label.")
        counted_at = serializers.DateTimeField(
            help_text="Now, or some minutes ago where counting takes long; the last full hour for"
            " annotators and viewers where checks are among the items, which figures of the moment"
            " would tell."
        )
        n = ProgressCountsSerializer(help_text="What each figure is out of.")

    @extend_schema(operation_id="progress", responses=OutputSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Return the project's figures and what each is out of.

        Counted now; what takes more than a second to count is kept for a while.
        """
        member = member_for(request.user, slug)
        still = still_since(member.project, member.role)
        progress = project_progress(member.project, still=still)
        return Response({**asdict(progress), "n": progress.denominators})


# One for all calls: making their fields anew takes longer than reading what came with them.
_LEASE = LeaseApi.InputSerializer()
_BATCH = JudgmentsApi.BatchSerializer()
_ANSWER = JudgmentsApi.InputSerializer.JudgmentAnswerSerializer()


def _read(given: dict[str, Any]) -> Answer | dict[str, Any]:
    """Return an item of a batch as an answer or, where it is none at all, its result."""
    try:
        return Answer(**_fields(_ANSWER.run_validation(given)))
    except serializers.ValidationError as error:
        return malformed(given, error.detail, candidate=None, kind=None)


def _fields(valid: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Answer's arguments of a valid item; null means not given."""
    fields = {name: value for name, value in valid.items() if value is not None}
    if "evidence" in fields:
        fields["evidence"] = tuple((start, end) for start, end in fields["evidence"])
    return fields


def _result(recorded: Recorded) -> dict[str, Any]:
    row = recorded.judgment
    return {
        "id": str(recorded.id),
        "status": recorded.status.value,
        "code": recorded.status.code,
        "candidate": str(row.candidate_id) if row else None,
        "kind": row.kind_told if row else None,
        "leased": recorded.leased,
        "message": recorded.message,
    }
