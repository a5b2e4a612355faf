"""What the scorer answers, once anybody asks it: with torch, which takes half a gigabyte."""

import logging
import time
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from models_app.models import Version
from training.ml.errors import RecipeError
from training.ml.serving.asked import (
    Ask,
    BusyError,
    Document,
    LateError,
    TooLongError,
)
from training.ml.serving.sharing import Sharing
from training.scorer.shelf import Shelf

log = logging.getLogger(__name__)

Answered = tuple[HTTPStatus, dict[str, Any]]

SHELF: Final = Shelf(settings.SCORER_MODELS)
SHARING: Final = Sharing(limit=settings.SCORER_QUEUE)


def answered(call: str, said: dict[str, Any]) -> Answered:
    """Answer a call, as in `POST /score`, that was sent `said`."""
    if call == "GET /models":
        return HTTPStatus.OK, _models()
    answer = {"POST /score": _scored, "POST /golden": _golden}.get(call)
    if answer is None:
        return HTTPStatus.NOT_FOUND, {"error": "There is no such call."}
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
