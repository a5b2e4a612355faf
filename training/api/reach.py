"""`/api/v1/projects/{slug}/reach/`: which versions rest on a judge, a query or a passage."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.models import User
from accounts.rest import ApiView, asked
from accounts.schema import ProblemSerializer
from training.selectors.reach import reach_of
from training.serializers.reach import ReachOutput, ReachParameters


class ProjectReach(ApiView):
    parameters = ReachParameters

    @extend_schema(responses={200: ReachOutput, 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> Response:
        """List the versions that learned from a judge, a query or a passage; for reviewers.

        What was made from such a version is listed too.
        """
        project = project_for(request.user, slug, Right.REVIEW)
        said = asked(self, request)
        judge = User.objects.filter(username=said.pop("judge") or None).first()
        found = reach_of(project, judge=judge, **said)
        if found is None or (judge and not judge.judgments.filter(project=project).exists()):
            raise Http404("Nobody of this name has judged here.")
        rows = [
            {
                "version": str(each.version),
                "records": each.records,
                "through": str(each.through) if each.through else None,
            }
            for each in found.versions
        ]
        unread = [snapshot.digest for snapshot in found.unread]
        return Response(ReachOutput({"versions": rows, "unread": unread}).data)
