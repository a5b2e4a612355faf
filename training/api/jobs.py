"""`/api/v1/training-jobs/`."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.models import Project
from accounts.rest import ApiView, asked, caller, filters, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.models import Snapshot
from annotate.selectors.snapshots import snapshot_by
from training.kinds import JobKind
from training.models import TrainingJob
from training.selectors.jobs import events_of, job_for, jobs_seen_by
from training.serializers.asking import JobInput
from training.serializers.events import EventsQuery, JobEventsOutput
from training.serializers.jobs import JobDetailOutput, JobOutput, JobsQuery
from training.services.continuing import job_continue
from training.services.evaluating import evaluation_ask
from training.services.held_out import curve_create, doubt_create
from training.services.jobs import job_cancel, job_create
from training.services.pooling import pool_create
from training.services.scoring import score_create

EVENTS_AT_ONCE = 500
_CREATE: Final[Mapping[str, Callable[..., TrainingJob]]] = {
    JobKind.TRAIN: job_create,
    JobKind.POOL: pool_create,
    JobKind.SCORE: score_create,
    JobKind.CURVE: curve_create,
    JobKind.DOUBT: doubt_create,
}


class JobList(ApiView):
    parameters = JobsQuery

    @extend_schema(responses={200: JobOutput(many=True), 404: ProblemSerializer})
    def get(self, request: Request) -> Response:
        """List the jobs of your projects."""
        rows = jobs_seen_by(caller(request), **filters(self, request))
        return paginated(self, request, rows, JobOutput)

    @extend_schema(
        request=JobInput,
        responses={
            200: JobDetailOutput,
            201: JobDetailOutput,
            404: ProblemSerializer,
            409: ProblemSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """Ask for a job; a trainer starts it as soon as one is free. 200 for an evaluation that was
        asked for before; 409 where as many of the project wait as may."""
        fields = validated(JobInput(data=request.data))
        project = project_for(request.user, fields.pop("project"), Right.MANAGE)
        fields = {"base_model": "", **fields, "project": project, "created_by": caller(request)}
        if "snapshot" in fields:
            fields["snapshot"] = _snapshot(project, fields["snapshot"])
        kind, new = fields.pop("kind"), True
        if kind == JobKind.EVALUATE:
            asked_for = evaluation_ask(**fields)
            job, new = asked_for.job, asked_for.new
        else:
            job = _CREATE[kind](**fields)
        output = JobDetailOutput(job_for(request.user, job.pk), context={"user": request.user})
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(output.data, status=code)


class JobDetail(ApiView):
    @extend_schema(responses=JobDetailOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show where a job stands and what it measured."""
        job = job_for(request.user, pk)
        return Response(JobDetailOutput(job, context={"user": request.user}).data)


class JobCancel(ApiView):
    @extend_schema(request=None, responses={200: JobDetailOutput, 409: ProblemSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel a job: at once while it waits, within seconds while it runs."""
        job = job_for(request.user, pk, Right.MANAGE)
        job = job_cancel(job=job, by=caller(request))
        return Response(JobDetailOutput(job, context={"user": request.user}).data)


class JobContinue(ApiView):
    @extend_schema(request=None, responses={201: JobDetailOutput, 409: ProblemSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Go on with a training that was cancelled or failed, from its last checkpoint.

        The answer is a new job, which ends with the weights and figures that the old one would
        have had. 409 where nothing is kept, and where a job goes on from it already.
        """
        job = job_for(request.user, pk, Right.MANAGE)
        job = job_continue(job=job, by=caller(request))
        output = JobDetailOutput(job_for(request.user, job.pk), context={"user": request.user})
        return Response(output.data, status=status.HTTP_201_CREATED)


class JobEvents(ApiView):
    parameters = EventsQuery

    @extend_schema(responses=JobEventsOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """List what a job reported after an event, oldest first, at most 500 at once."""
        job = job_for(request.user, pk)
        after = asked(self, request)["after"]
        rows = list(events_of(job, after)[: EVENTS_AT_ONCE + 1])
        shown = rows[:EVENTS_AT_ONCE]
        answer = {
            "results": shown,
            "last": shown[-1].pk if shown else after,
            "more": len(rows) > len(shown),
        }
        return Response(JobEventsOutput(answer).data)


def _snapshot(project: Project, reference: str) -> Snapshot:
    try:
        return snapshot_by(project, reference)
    except Http404 as error:
        raise serializers.ValidationError({"snapshot": [str(error)]}) from error
