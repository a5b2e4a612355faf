"""Rerank requests: whose dialect it is, which version is meant, and its scores."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    ParseError,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import LoginRequiredError
from accounts.models import Token
from accounts.rest import ApiView
from models_app.access import reranker_access
from models_app.models import Use, Version
from models_app.rerank.base import Asked, Dialect, Kind, Ranked, RefusedError, results_of
from models_app.rerank.hosted import Cohere, Voyage
from models_app.rerank.scorer import scores_of
from models_app.rerank.servers import Infinity, Tei, Vllm
from models_app.revisions import version_resolve
from models_app.services.counting import use_count

COHERE_1: Final = Cohere("1")
COHERE_2: Final = Cohere("2")
VOYAGE, TEI, INFINITY, VLLM = Voyage(), Tei(), Infinity(), Vllm()

# Where clients are told from each other by their addresses alone.
COMPAT: Final[Mapping[str, Dialect]] = {
    "cohere": COHERE_2,
    "jina": COHERE_1,
    "voyage": VOYAGE,
    "tei": TEI,
    "infinity": INFINITY,
    "vllm": VLLM,
}
_ANONYMOUS: Final = "Send a token: Authorization: Bearer TOKEN."
_UNNAMED: Final = (
    "Name a model, as TEAM/RERANKER, TEAM/RERANKER@alias or TEAM/RERANKER@v1; or make a token that"
    " has a default model."
)


class Rerank(ApiView):
    """A rerank request, at an address that says whose dialect it is: `/compat/DIALECT/rerank`."""

    permission_classes = [AllowAny]  # each dialect says in its own way that a token is missing
    schema = None  # the clients' makers describe it
    only_reads = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise RefusedError(Kind.UNAUTHORIZED, _ANONYMOUS)
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > settings.RERANK_MAX_BYTES:
            raise RefusedError(
                Kind.TOO_LARGE,
                f"At most {settings.RERANK_MAX_BYTES:,} bytes are taken; these are {length:,}.",
            )

    def post(self, request: Request, **named: str) -> Response:
        body = request.data  # raises ParseError once, and is empty afterwards
        dialect = self.tell(body)
        asked = dialect.asked(body)
        version = version_asked(request, asked)
        scores = scores_of(version, asked)
        use_count(version=version, use=Use.RERANK)
        ranked = Ranked(
            asked=asked,
            version=version,
            results=results_of(asked, scores.logits),
            tokens=scores.tokens,
            id=str(uuid4()),
            created=int(time.time()),
        )
        headers = {
            "X-Arbiter-Version": str(version),
            "X-Arbiter-Commit": version.revision,
            "X-Arbiter-Backend": scores.backend,
            "Server-Timing": f"score;dur={1000 * scores.seconds:.1f}",
        }
        return Response(dialect.answer(ranked), headers=headers)

    def handle_exception(self, exc: Exception) -> Response:
        refused = exc if isinstance(exc, RefusedError) else _refused(exc)
        if refused is None:
            return super().handle_exception(exc)
        dialect = self._dialect(self.request)
        status = dialect.status(refused.kind)
        response = Response(dialect.refusal(refused, status), status=status)
        if refused.seconds:
            response["Retry-After"] = str(refused.seconds)
        if status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="arbiter"'
        return response

    def tell(self, body: Any) -> Dialect:
        """Say whose dialect a body is; None is one that cannot be read."""
        return COMPAT[self.kwargs["dialect"]]

    def _dialect(self, request: Request) -> Dialect:
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.RERANK_MAX_BYTES:
            return self.tell(None)
        try:
            return self.tell(request.data)
        except APIException:
            return self.tell(None)


class RerankV1(Rerank):
    """`/v1/rerank`: Cohere, Jina, Voyage, vLLM."""

    def tell(self, body: Any) -> Dialect:
        if Voyage.speaks(body):
            return VOYAGE
        return VLLM if Vllm.speaks(body) else COHERE_1


class RerankV2(Rerank):
    """`/v2/rerank`: Cohere, vLLM."""

    def tell(self, body: Any) -> Dialect:
        return VLLM if Vllm.speaks(body) else COHERE_2


class RerankPlain(Rerank):
    """`/rerank`: TEI, Infinity, vLLM."""

    def tell(self, body: Any) -> Dialect:
        if Vllm.speaks(body):
            return VLLM
        documents = isinstance(body, Mapping) and "documents" in body and "texts" not in body
        return INFINITY if documents else TEI


def version_asked(request: Request, asked: Asked) -> Version:
    """Return the version that a request means, or that its token has as default.

    Scores are for members alone, also those of a public reranker. Raises RefusedError.
    """
    token = request.auth
    model = asked.model or (token.default_model if isinstance(token, Token) else "")
    if not model:
        raise RefusedError(Kind.INVALID, _UNNAMED, errors={"model": _UNNAMED})
    repo_id, _, revision = model.partition("@")
    team, _, name = repo_id.partition("/")
    missing = RefusedError(
        Kind.NOT_FOUND, f"There is no reranker {repo_id!r} here, or it is not yours to use."
    )
    try:
        access = reranker_access(request.user, team, name)
        if not access.member:
            raise missing
        return version_resolve(access.reranker, revision or "main", light=True)
    except Version.DoesNotExist as error:
        raise RefusedError(Kind.NOT_FOUND, str(error)) from error
    except Http404:
        raise missing from None


def _refused(error: Exception) -> RefusedError | None:
    """Return what an expected error is to a client; None for a crash."""
    match error:
        case AuthenticationFailed() | LoginRequiredError():
            return RefusedError(Kind.UNAUTHORIZED, str(error) or _ANONYMOUS)
        case PermissionDenied():
            return RefusedError(Kind.FORBIDDEN, str(error))
        case ParseError():
            return RefusedError(Kind.INVALID, str(error.detail))
        case MethodNotAllowed():
            return None
        case APIException() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            forbidden = error.status_code == HTTPStatus.FORBIDDEN
            return RefusedError(Kind.FORBIDDEN if forbidden else Kind.INVALID, str(error.detail))
    return None
