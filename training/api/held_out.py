"""`/api/v1/training-jobs/{id}/doubts/`: labels that a check doubts, and sending them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right
from accounts.pagination import NewestFirst
from accounts.rest import ApiView, caller, paginated, validated
from accounts.schema import ProblemSerializer
from training.selectors.held_out import doubts_of, precision_of
from training.selectors.jobs import job_for
from training.serializers.held_out import DoubtOutput, PrecisionOutput, SendInput, SentOutput
from training.services.held_out import doubts_send


class StrongestFirst(NewestFirst):
    """The strongest doubts first."""

    orders = {"place": "place"}
    default = "place"


class JobDoubts(ApiView):
    pagination_class = StrongestFirst

    @extend_schema(responses={200: DoubtOutput(many=True), 403: ProblemSerializer})
    def get(self, request: Request, pk: UUID) -> Response:
        """List what a check of labels doubts, the strongest doubts first; for managers."""
        rows = doubts_of(job_for(request.user, pk, Right.MANAGE))
        return paginated(self, request, rows, DoubtOutput)


class JobDoubtsSend(ApiView):
    @extend_schema(request=SendInput, responses={200: SentOutput, 409: ProblemSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send doubts to the reviewers, who are told that a model disagrees, and no score.

        What was sent or decided before is left as it is, so that a repeat is harmless.
        """
        job = job_for(request.user, pk, Right.MANAGE)
        fields = validated(SendInput(data=request.data))
        return Response(SentOutput(doubts_send(job=job, by=caller(request), **fields)).data)


class JobPrecision(ApiView):
    @extend_schema(responses=PrecisionOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """Say how many of the doubts that were sent got another grade."""
        return Response(PrecisionOutput(precision_of(job_for(request.user, pk))).data)
