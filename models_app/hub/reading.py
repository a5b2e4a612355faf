"""The hub's calls that read: models, their revisions, trees and files, and who asks."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request

from accounts.models import Token, User
from models_app import selectors
from models_app.cards.front_matter import front_data
from models_app.downloads import artifact_of, artifact_response
from models_app.hub.answers import (
    MAIN,
    NO_REFS,
    commit_answer,
    empty_answer,
    file_entry,
    folder_entry,
    model_answer,
    model_summary,
    refs_answer,
    tree_answer,
    whoami_answer,
)
from models_app.hub.base import ENTRY, At, EmptyError, HubError, HubView, at_revision, repository
from models_app.models import Artifact, Reranker, Use, Version
from models_app.objects import lfs_kept
from models_app.revisions import version_resolve
from models_app.services.counting import use_count

PAGE: Final = 50
PAGE_MAX: Final = 1000


class Models(HubView):
    def get(self, request: Request) -> JsonResponse:
        """List the models that the caller may read, newest first: `author`, `search`, `limit`."""
        asked = request.query_params
        found = selectors.rerankers_visible(
            request.user, project=asked.get("author"), search=asked.get("search")
        ).order_by("-pk")
        size = _count(asked.get("limit"), PAGE, PAGE_MAX)
        after = _count(asked.get("cursor"), 0, 1 << 62)
        rows = list((found.filter(pk__lt=after) if after else found)[: size + 1])
        answer = JsonResponse(_summaries(rows[:size]), safe=False)
        if len(rows) > size:
            _next_page(answer, request, cursor=rows[size - 1].pk)
        return answer


class Model(HubView):
    def get(self, request: Request, team: str, name: str, revision: str = MAIN) -> JsonResponse:
        """Show a model at a revision; with `blobs` its files have their size and hash."""
        try:
            at = at_revision(request, team, name, revision, light=False)
        except EmptyError as error:
            return JsonResponse(empty_answer(error.reranker))
        blobs = _truth(request.query_params.get("blobs"))
        answer = JsonResponse(
            model_answer(
                at.reranker,
                at.version,
                newest=selectors.newest_of(at.reranker),
                files=_files(at.version),
                blobs=blobs,
                downloads=selectors.downloads_of([at.reranker]).get(at.reranker.pk, 0),
            )
        )
        _warn(answer, at)
        return answer


class Tree(HubView):
    def get(
        self, request: Request, team: str, name: str, revision: str, path: str = ""
    ) -> JsonResponse:
        """List the files and folders of a revision below a path."""
        at = at_revision(request, team, name, revision)
        asked = request.query_params
        files = _files(at.version)
        found = tree_answer(
            files,
            below=path.strip("/"),
            recursive=_truth(asked.get("recursive")),
            last=at.version if _truth(asked.get("expand")) else None,
        )
        if path and not found:
            raise _missing(at, path)
        return JsonResponse(found, safe=False)


class PathsInfo(HubView):
    only_reads = True
    parser_classes = [FormParser, MultiPartParser, JSONParser]

    def post(self, request: Request, team: str, name: str, revision: str) -> JsonResponse:
        """Tell of the paths that are there, in the order of the question."""
        at = at_revision(request, team, name, revision)
        paths, expand = _asked_paths(request)
        files = _files(at.version)
        by_path = {file.path: file for file in files}
        last = at.version if expand else None
        entries = []
        for path in dict.fromkeys(each.strip("/") for each in paths):
            if path in by_path:
                entries.append(file_entry(by_path[path], last=last))
            elif folder := folder_entry(files, path, last=last):
                entries.append(folder)
        return JsonResponse(entries, safe=False)


class Refs(HubView):
    def get(self, request: Request, team: str, name: str) -> JsonResponse:
        """List a model's branches, which are its aliases, and its tags, which are its versions."""
        try:
            reranker = repository(request, team, name)
        except EmptyError:
            return JsonResponse(NO_REFS)
        versions = list(reranker.versions.defer("facts", "lineage", "metrics"))
        aliases = list(selectors.aliases_of(reranker))
        pulls = _truth(request.query_params.get("include_prs"))
        main = version_resolve(reranker, MAIN)
        return JsonResponse(refs_answer(main, versions, aliases, pulls=pulls))


class Commits(HubView):
    def get(self, request: Request, team: str, name: str, revision: str) -> JsonResponse:
        """List the versions up to a revision, newest first."""
        at = at_revision(request, team, name, revision)
        asked = request.query_params
        size, page = _count(asked.get("limit"), PAGE, PAGE_MAX), _count(asked.get("p"), 0, 1 << 31)
        rows = (
            selectors.versions_of(at.reranker)
            .filter(number__lte=at.version.number)
            .defer("facts", "lineage", "metrics")
        )[page * size : (page + 1) * size + 1]
        found = [
            commit_answer(each, aliases=[alias.name for alias in each.aliases.all()])
            for each in rows
        ]
        answer = JsonResponse(found[:size], safe=False)
        if len(found) > size:
            _next_page(answer, request, p=page + 1)
        return answer


class Resolve(HubView):
    def get(
        self, request: Request, team: str, name: str, revision: str, path: str
    ) -> HttpResponseBase:
        """Send a file of a revision, or the part that `Range` asks for; HEAD tells of it."""
        at = at_revision(request, team, name, revision)
        try:
            file = artifact_of(at.version, path)
        except Http404 as error:
            raise _missing(at, path) from error
        lfs = lfs_kept(file.path, file.size)
        answer = artifact_response(request, file, etag=file.sha256 if lfs else file.oid)
        answer["X-Repo-Commit"] = at.version.revision
        _warn(answer, at)
        if _is_download(request, file, answer):
            use_count(version=at.version, use=Use.DOWNLOAD)
        if lfs or answer.status_code == HTTPStatus.FOUND:
            answer["X-Linked-Size"] = str(file.size)
            answer["X-Linked-Etag"] = f'"{file.sha256 if lfs else file.oid}"'
        return answer

    head = get


class WhoAmI(HubView):
    def get(self, request: Request) -> JsonResponse:
        """Tell who the caller is, and in which projects."""
        if not isinstance(request.user, User):
            raise HubError(HTTPStatus.UNAUTHORIZED, "Send a token.")
        token = request.auth if isinstance(request.auth, Token) else None
        members = request.user.memberships.select_related("project").order_by("project__slug")
        return JsonResponse(whoami_answer(request.user, members, token))


def _summaries(rerankers: Sequence[Reranker]) -> list[dict[str, Any]]:
    """Return what a list says of published rerankers; of each, what `main` is."""
    standing = {each.pk: selectors.standing_of(each) for each in rerankers}
    shown = {pk: each.champion or each.newest for pk, each in standing.items()}
    heads = selectors.heads_of(shown.values())
    downloads = selectors.downloads_of(rerankers)
    return [
        model_summary(
            each,
            shown[each.pk],
            newest=standing[each.pk].newest,
            head=front_data(heads[shown[each.pk].pk]),
            downloads=downloads.get(each.pk, 0),
        )
        for each in rerankers
    ]


def _warn(answer: HttpResponseBase, at: At) -> None:
    """Tell the consumer of a version that was rolled back; clients print it once in a process."""
    if back := selectors.rollback_of(at.version):
        # Why it was is for members; a reader of a public one need not know.
        said = f"{at.version} was rolled back to {back.to_version.tag}; load champion instead."
        answer["X-HF-Warning"] = f"rolled-back {at.version}; {said}"


def _is_download(request: Request, file: Artifact, answer: HttpResponseBase) -> bool:
    """Count as the Hub does, by the configuration, which whoever loads a model fetches once."""
    whole = answer.status_code in (HTTPStatus.OK, HTTPStatus.FOUND)
    return request.method == "GET" and file.path == "config.json" and whole


def _files(version: Version) -> list[Artifact]:
    """Return a version's files in an order that depends on no database's collation."""
    return sorted(version.artifacts.all(), key=lambda file: file.path)


def _missing(at: At, path: str) -> HubError:
    return HubError(
        HTTPStatus.NOT_FOUND,
        f"{at.version} has no file {path[:200]!r}.",
        ENTRY,
        at.version.revision,
    )


def _asked_paths(request: Request) -> tuple[list[str], bool]:
    data: Any = request.data
    if hasattr(data, "getlist"):
        return list(data.getlist("paths")), _truth(data.get("expand"))
    if not isinstance(data, dict):
        raise HubError(HTTPStatus.BAD_REQUEST, "Send `paths`.")
    paths = data.get("paths") or []
    paths = [paths] if isinstance(paths, str) else paths
    if not isinstance(paths, list) or not all(isinstance(each, str) for each in paths):
        raise HubError(HTTPStatus.BAD_REQUEST, "`paths` is a list of texts.")
    return paths, _truth(data.get("expand"))


def _truth(value: object) -> bool:
    return str(value).lower() in ("1", "true")


def _count(text: str | None, default: int, most: int) -> int:
    """Return a number of a query; what is none of it counts as not said."""
    known = text is not None and text.isascii() and text.isdigit() and len(text) < 20
    return min(most, max(1, int(text))) if known and text else default


def _next_page(answer: JsonResponse, request: Request, **changed: int) -> None:
    """Say where the next page is, as clients follow it."""
    asked = request.query_params.copy()
    for name, value in changed.items():
        asked[name] = str(value)
    page = asked.urlencode()
    answer["Link"] = f'<{request.build_absolute_uri(request.path)}?{page}>; rel="next"'
