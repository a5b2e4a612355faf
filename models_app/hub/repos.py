"""The hub's calls on a model's name: to make it, to open it, and those that are refused."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.http import JsonResponse
from rest_framework.request import Request

from accounts.access import Right, project_for
from accounts.rest import caller
from models_app.access import reranker_managed
from models_app.hub.base import HubError, HubView
from models_app.hub.sent import AnyJson, endpoint, mapping
from models_app.models import Reranker
from models_app.services.importing import front_matter_check
from models_app.services.rerankers import reranker_ensure, reranker_update


class RepoCreate(HubView):
    parser_classes = [AnyJson]

    def post(self, request: Request) -> JsonResponse:
        """Keep a name for versions to come; 409 where the project has it already."""
        asked = mapping(request.data)
        if asked.get("type", "model") not in (None, "model"):
            raise HubError(HTTPStatus.BAD_REQUEST, "Only models are kept here.")
        name, team = str(asked.get("name") or ""), asked.get("organization")
        if "/" in name:
            team, _, name = name.partition("/")
        project = project_for(request.user, str(team or ""), Right.MANAGE)
        there = Reranker.objects.filter(project=project, name=name).exists()
        reranker = reranker_ensure(project=project, name=name, created_by=caller(request))
        url = f"{endpoint(request)}/{reranker.repo_id}"
        answer = {"url": url, "name": reranker.repo_id, "id": str(reranker.pk)}
        if there:
            told = "You already created this model repo"
            return JsonResponse({**answer, "error": told}, status=HTTPStatus.CONFLICT)
        public = asked.get("private") is False or asked.get("visibility") == "public"
        if public:
            reranker_update(reranker=reranker, public=True)
        return JsonResponse(answer)


class Settings(HubView):
    parser_classes = [AnyJson]

    def put(self, request: Request, team: str, name: str) -> JsonResponse:
        """Make a reranker public, or private."""
        reranker = reranker_managed(request.user, team, name)
        asked = mapping(request.data)
        wished = {"public": False, "private": True}.get(
            str(asked.get("visibility")), asked.get("private")
        )
        if not isinstance(wished, bool):
            raise HubError(HTTPStatus.BAD_REQUEST, "Of a reranker only `private` can be set.")
        reranker_update(reranker=reranker, public=not wished)
        return JsonResponse({"private": wished})


class YamlCheck(HubView):
    parser_classes = [AnyJson]
    only_reads = True

    def post(self, request: Request) -> JsonResponse:
        """Say what is wrong with a card before it is sent."""
        try:
            front_matter_check(str(mapping(request.data).get("content") or ""))
        except ValidationError as error:
            told = [{"message": message} for message in error.messages]
            return JsonResponse({"errors": told, "warnings": []}, status=HTTPStatus.BAD_REQUEST)
        return JsonResponse({"errors": [], "warnings": []})


class NotHere(HubView):
    """Calls that would change what is published, or move an alias past its log."""

    def post(self, request: Request, *args: object, **kwargs: object) -> JsonResponse:
        raise HubError(
            HTTPStatus.FORBIDDEN,
            "Versions and their tags never change, and aliases are moved with a reason: on the"
            " reranker's page, or with PUT /api/v1/rerankers/TEAM/NAME/aliases/ALIAS/.",
        )

    put = delete = post
