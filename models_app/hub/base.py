"""What every call of the hub has in common: who asks, and how a refusal reads to its clients."""

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import LoginRequiredError
from accounts.rest import ApiView
from models_app.access import reranker_access, reranker_managed
from models_app.hub.answers import NO_COMMIT
from models_app.integrity import DamagedError
from models_app.models import Reranker, Version
from models_app.revisions import version_resolve

REPO: Final = "RepoNotFound"
REVISION: Final = "RevisionNotFound"
ENTRY: Final = "EntryNotFound"
# By these very words clients know that the token is at fault, and not the repository.
BAD_TOKEN: Final = "Invalid credentials in Authorization header"  # noqa: S105
# Clients up to 0.36 send what ~/.netrc says of the host in the token's place.
_BASIC: Final = "A password came and no token: does ~/.netrc name this host?"
_MESSAGE_LIMIT: Final = 500


class HubError(Exception):
    """A refusal: a status, words for the caller's console, and a code that clients know.

    `commit` is that of the version in which something was not found.
    """

    def __init__(self, status: HTTPStatus, message: str, code: str = "", commit: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.commit = status, message, code, commit


@dataclass(frozen=True, slots=True)
class At:
    """A version that a caller named."""

    reranker: Reranker
    version: Version


class HubView(ApiView):
    """A call of the hub. The caller may be anonymous: access says what there is for whom."""

    permission_classes = [AllowAny]
    schema = None  # the clients' makers describe it

    def handle_exception(self, exc: Exception) -> Response:
        refused = exc if isinstance(exc, HubError) else _refused(exc)
        if refused is None:
            return super().handle_exception(exc)
        basic = self.request.headers.get("Authorization", "").lower().startswith("basic ")
        if basic and refused.status == HTTPStatus.UNAUTHORIZED:
            refused.message = _BASIC
        return refusal(refused)


def repository(request: Request, team: str, name: str) -> Reranker:
    """Return a reranker that the caller may read.

    Raises what `reranker_access` does, and EmptyError where it has no version yet.
    """
    try:
        return reranker_access(request.user, team, name).reranker
    except Http404:
        with suppress(PermissionDenied):
            raise EmptyError(reranker_managed(request.user, team, name)) from None
        raise


class EmptyError(HubError):
    """A name that was made to be pushed to, and has no version yet; told to who may push only."""

    def __init__(self, reranker: Reranker) -> None:
        said = f"{reranker.repo_id} has no version yet."
        super().__init__(HTTPStatus.NOT_FOUND, said, ENTRY, NO_COMMIT)
        self.reranker = reranker


def at_revision(request: Request, team: str, name: str, revision: str, *, light: bool = True) -> At:
    """Return the version that a revision names. Raises HubError where there is none.

    With `light` it has its facts, lineage and metrics only when asked for them.
    """
    reranker = repository(request, team, name)
    short = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
    try:
        return At(reranker, version_resolve(reranker, short, light=light))
    except Version.DoesNotExist as error:
        raise HubError(HTTPStatus.NOT_FOUND, str(error), REVISION) from error


def refusal(error: HubError) -> Response:
    """Answer with a refusal. Clients read its headers; its body is for people."""
    # A header holds no character of another line or alphabet.
    message = "".join(each if " " <= each <= "~" else "?" for each in error.message)
    response = Response({"error": error.message}, status=error.status)
    response["X-Error-Message"] = message[:_MESSAGE_LIMIT]
    if error.code:
        response["X-Error-Code"] = error.code
    if error.commit:
        response["X-Repo-Commit"] = error.commit
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="arbiter"'
    return response


def _refused(error: Exception) -> HubError | None:
    """Return what an expected error is to a client; None for a crash."""
    match error:
        case AuthenticationFailed():
            return HubError(HTTPStatus.UNAUTHORIZED, BAD_TOKEN)
        case LoginRequiredError():
            return HubError(HTTPStatus.UNAUTHORIZED, "Repository not found", REPO)
        case Http404():
            return HubError(HTTPStatus.NOT_FOUND, "Repository not found", REPO)
        case PermissionDenied():
            return HubError(HTTPStatus.FORBIDDEN, str(error))
        case ValidationError():
            return HubError(HTTPStatus.BAD_REQUEST, " ".join(error.messages))
        case DamagedError():
            return HubError(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}. Restore it from a backup.")
        case APIException():
            return HubError(HTTPStatus(error.status_code), _words(error.detail))
    return None


def _words(detail: Any) -> str:
    """Return the messages of an error of the API in one line."""
    if isinstance(detail, dict):
        return " ".join(f"{field}: {_words(inner)}" for field, inner in detail.items())
    if isinstance(detail, list):
        return " ".join(_words(inner) for inner in detail)
    return str(detail)
