"""`/api/v1/training-jobs/{id}/likely/`: passages that nobody judged and a job found relevant."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for
from accounts.pagination import NewestFirst
from accounts.rest import ApiView, caller, paginated
from accounts.schema import ProblemSerializer
from annotate.selectors.browsing import sees_others
from training.selectors.jobs import job_for
from training.selectors.likely import likely_of
from training.serializers.likely import LikelyOutput, OfferedOutput
from training.services.likely import likely_offer


class HighestFirst(NewestFirst):
    """Pages of rows by score, the highest first unless `?order=` says otherwise."""

    orders = {"score": "score"}
    default = "-score"


class JobLikely(ApiView):
    pagination_class = HighestFirst

    @extend_schema(
        responses={
            200: LikelyOutput(many=True),
            403: ProblemSerializer,
            404: ProblemSerializer,
        }
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """List what a job found relevant though nobody judged it, without what was withdrawn since.
        403 for those who judge blind."""
        job = job_for(request.user, pk)
        if not sees_others(member_for(request.user, job.project.slug)):
            raise PermissionDenied("You judge blind here: scores are not for you to see.")
        return paginated(self, request, likely_of(job), LikelyOutput)


class JobLikelyOffer(ApiView):
    @extend_schema(
        request=None,
        responses={200: OfferedOutput, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Offer all of them to the judging queue, as candidates of a run named after the job. A
        repeat offers nothing; 409 where the job has found none."""
        job = job_for(request.user, pk, Right.MANAGE)
        return Response(OfferedOutput(likely_offer(job=job, by=caller(request))).data)
