"""The scorer's HTTP interface, for web processes: `POST /score`, `GET /livez`, `GET /models`.

    {"revision", "query", "documents": [{"text", "title"}], "chunks", "tokens", "truncate",
     "keep_end", "within"} -> {"logits", "tokens", "backend", "seconds"}

`POST /golden` with `{"revision"}` says how its golden pairs came out: `pairs, difference, kept`.
Callers prove themselves by a key that is made of SECRET_KEY. Refusals are `{"error", "seconds"}`.

Torch is imported when it is needed: at once where rerank requests came lately, and by the first
request elsewhere, so that an installation without any has no process that holds it.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from secrets import compare_digest
from typing import Any, Final

from django.core.wsgi import get_wsgi_application
from django.db import connection

get_wsgi_application()  # Django is set up before its models are imported

from django.conf import settings  # noqa: E402

from models_app.rerank.scorer import scorer_key  # noqa: E402
from models_app.uses import reranked_lately  # noqa: E402

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Respond = Callable[[str, list[tuple[str, str]]], object]
Answered = tuple[HTTPStatus, Mapping[str, Any]]

SERVICE: Final = "training.scorer.service"
NOTHING_YET: Final[Mapping[str, Any]] = {
    "models": [], "choosing": 0, "pairs_waiting": 0, "batches": 0, "batches_shared": 0, "pairs": 0,
}  # fmt: skip


def served() -> Callable[[Environ, Respond], Iterable[bytes]]:
    """Return the application for a server, and load meanwhile what was asked for lately."""
    threading.Thread(target=warm, name="warming", daemon=True).start()
    return application


def application(environ: Environ, respond: Respond) -> Iterable[bytes]:
    """Answer one call."""
    status, answer = _answered(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", environ)
    body = json.dumps(answer).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    respond(f"{status.value} {status.phrase}", headers)
    return [body]


def _answered(call: str, environ: Environ) -> Answered:
    if call == "GET /livez":
        return HTTPStatus.OK, {"status": "up"}
    if not compare_digest(environ.get("HTTP_AUTHORIZATION", ""), f"Bearer {scorer_key()}"):
        return HTTPStatus.UNAUTHORIZED, {"error": "This is for web processes of Arbiter alone."}
    if call == "GET /models" and SERVICE not in sys.modules:
        return HTTPStatus.OK, NOTHING_YET
    sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    from training.scorer.service import answered

    return answered(call, json.loads(sent or "{}"))


def warm() -> None:
    """Load the versions that rerank requests asked for lately, most of all first."""
    try:
        wanted = reranked_lately(settings.SCORER_MODELS)
    except Exception:
        log.exception("What was asked for lately is not known: versions are loaded when asked for")
        return
    finally:
        connection.close()
    for revision in reversed(wanted):  # the most wanted one is to be the last to make room
        from training.scorer.service import SHELF

        try:
            SHELF.get(revision)
        except Exception:
            log.exception("Version %s is not loaded", revision)
