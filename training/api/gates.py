"""`/api/v1/projects/{slug}/gates/`: what aliases ask of versions, and what is found of one."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.models import Project
from accounts.pagination import NewestFirst
from accounts.rest import ApiView, asked, caller, paginated, validated
from annotate.models import Snapshot
from annotate.selectors.snapshots import snapshot_by
from models_app.api import members_only
from models_app.selectors import version_get
from training.models import Gate
from training.selectors.gates import gates_of, standings_of
from training.serializers.gates import (
    GateInput,
    GateOutput,
    StandingParameters,
    StandingsOutput,
)
from training.services.gates import gate_remove, gate_set


class ByAlias(NewestFirst):
    """Gates by the name of their alias."""

    orders = {"alias": "alias"}
    default = "alias"


class GateList(ApiView):
    pagination_class = ByAlias

    @extend_schema(responses=GateOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the gates of a project's aliases; an alias without one is free."""
        return paginated(self, request, gates_of(project_for(request.user, slug)), GateOutput)


class GateDetail(ApiView):
    @extend_schema(responses=GateOutput)
    def get(self, request: Request, slug: str, alias: str) -> Response:
        """Show the gate of an alias."""
        return Response(GateOutput(_gate(project_for(request.user, slug), alias)).data)

    @extend_schema(request=GateInput, responses=GateOutput)
    def put(self, request: Request, slug: str, alias: str) -> Response:
        """Set what an alias asks of a version, for all rerankers of the project."""
        project = project_for(request.user, slug, Right.MANAGE)
        said = validated(GateInput(data=request.data))
        named = said.pop("snapshot")
        snapshot: Snapshot | None = snapshot_by(project, named) if named else None
        gate = gate_set(
            project=project, alias=alias, changed_by=caller(request), snapshot=snapshot, **said
        )
        return Response(GateOutput(gate).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, alias: str) -> Response:
        """Take the gate of an alias away; the alias is free then."""
        if not gate_remove(project=project_for(request.user, slug, Right.MANAGE), alias=alias):
            raise Http404("This alias has no gate.")
        return Response(status=status.HTTP_204_NO_CONTENT)


class VersionGates(ApiView):
    parameters = StandingParameters

    @extend_schema(operation_id="rerankers_versions_gates_retrieve", responses=StandingsOutput)
    def get(self, request: Request, team: str, name: str, number: int) -> Response:
        """Say what each gate of the project would find of a version now; for members."""
        wanted = asked(self, request)["alias"]
        version = version_get(members_only(request, team, name).reranker, number)
        found = [each for each in standings_of(version) if wanted in ("", each.gate.alias)]
        return Response(StandingsOutput({"gates": found}).data)


def _gate(project: Project, alias: str) -> Gate:
    gate = gates_of(project).filter(alias=alias).first()
    if gate is None:
        raise Http404("This alias has no gate.")
    return gate
