"""The scorer's HTTP interface, for web processes: `POST /score`, `GET /livez`, `GET /models`.

    {"revision", "query", "documents": [{"text", "title"}], "chunks", "tokens", "truncate",
     "keep_end", "within"} -> {"logits", "tokens", "backend", "seconds"}

`POST /golden` with `{"revision"}` says how its golden pairs came out: `pairs, difference, kept`.

Callers prove themselves by a key that is made of SECRET_KEY. Refusals are `{"error", "seconds"}`.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from http import HTTPStatus
from secrets import compare_digest
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

get_wsgi_application()  # Django is set up before its models are imported

from models_app.models import Version  # noqa: E402
from models_app.rerank.scorer import scorer_key  # noqa: E402
from training.ml.errors import RecipeError  # noqa: E402
from training.ml.serving.asked import (  # noqa: E402
    Ask,
    BusyError,
    Document,
    LateError,
    TooLongError,
)
from training.ml.serving.sharing import Sharing  # noqa: E402
from training.scorer.shelf import Shelf  # noqa: E402

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Respond = Callable[[str, list[tuple[str, str]]], object]
Answered = tuple[HTTPStatus, dict[str, Any]]

SHELF: Final = Shelf(settings.SCORER_MODELS)
SHARING: Final = Sharing(limit=settings.SCORER_QUEUE)


def application(environ: Environ, respond: Respond) -> Iterable[bytes]:
    """Answer one call."""
    call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    status, answer = _answered(call, environ)
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    respond(f"{status.value} {status.phrase}", headers)
    return [body]


def _answered(call: str, environ: Environ) -> Answered:
    if call == "GET /livez":
        return HTTPStatus.OK, {"status": "up"}
    if not compare_digest(environ.get("HTTP_AUTHORIZATION", ""), f"Bearer {scorer_key()}"):
        return HTTPStatus.UNAUTHORIZED, {"error": "This is for web processes of Arbiter alone."}
    if call == "GET /models":
        return HTTPStatus.OK, _models()
    answer = {"POST /score": _scored, "POST /golden": _golden}.get(call)
    if answer is None:
        return HTTPStatus.NOT_FOUND, {"error": "There is no such call."}
    said = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    try:
        return HTTPStatus.OK, answer(said)
    except Exception as error:
        return _refused(error, said["revision"])


def _refused(error: Exception, revision: str) -> Answered:
    match error:
        case Version.DoesNotExist():
            return HTTPStatus.NOT_FOUND, {"error": "This version was deleted."}
        case TooLongError():
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error)}
        case BusyError():
            return HTTPStatus.TOO_MANY_REQUESTS, {"error": str(error), "seconds": error.seconds}
        case LateError():
            return HTTPStatus.TOO_MANY_REQUESTS, {"error": str(error), "seconds": 1}
        case RecipeError():
            return HTTPStatus.FAILED_DEPENDENCY, {"error": error.message}
    log.error("Version %s could not score", revision, exc_info=error)
    return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "The model failed; see scorer.log."}


def _scored(said: dict[str, Any]) -> dict[str, Any]:
    begun = time.perf_counter()
    served = SHELF.get(said["revision"])
    found = served.score(_asked(said), SHARING, within=said["within"])
    return {
        "logits": list(found.logits),
        "tokens": found.tokens,
        "backend": served.backend,
        "seconds": round(time.perf_counter() - begun, 6),
    }


def _golden(said: dict[str, Any]) -> dict[str, Any]:
    contract = SHELF.get(said["revision"]).contract
    return {**asdict(contract), "kept": contract.kept}


def _asked(said: dict[str, Any]) -> Ask:
    return Ask(
        query=said["query"],
        documents=[Document(each["text"], each["title"]) for each in said["documents"]],
        chunks=said["chunks"],
        tokens=said["tokens"],
        truncate=said["truncate"],
        keep_end=said["keep_end"],
    )


def _models() -> dict[str, Any]:
    counts, held = SHARING.counts, SHELF.held()
    return {
        "models": [{"revision": each.revision, "backend": each.backend} for each in held],
        "choosing": sum(each.choosing for each in held),
        "pairs_waiting": SHARING.pairs_waiting,
        "batches": counts.batches,
        "batches_shared": counts.shared,
        "pairs": counts.pairs,
    }
