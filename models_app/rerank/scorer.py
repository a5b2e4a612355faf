"""The scorer as web processes call it: over a socket, with a key that is made of SECRET_KEY."""

import json
import socket
import threading
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

from models_app.models import Version
from models_app.rerank.base import Asked, Kind, RefusedError

# Beside the time that a request may wait for its scores: a model may have to be loaded.
_LOADING: Final = 60.0
_AGAIN: Final = 2  # seconds, after which a scorer that is started again should be up
_KINDS: Final = {
    HTTPStatus.NOT_FOUND: Kind.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY: Kind.TOO_LONG,
    HTTPStatus.TOO_MANY_REQUESTS: Kind.BUSY,
}
_FREE: Final = threading.BoundedSemaphore(settings.RERANK_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Scores:
    """A logit for each document, the tokens that were read, by what, and within which seconds."""

    logits: list[float]
    tokens: int
    backend: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Golden:
    """How many golden pairs a version has, how far one's score is from what it was at most, and
    whether that keeps its contract."""

    pairs: int
    difference: float
    kept: bool


def scorer_key() -> str:
    """Return what web processes show the scorer."""
    return salted_hmac("models_app.rerank.scorer", "call", algorithm="sha256").hexdigest()


def scores_of(version: Version, asked: Asked) -> Scores:
    """Return a version's scores. Raises RefusedError where the scorer refuses, or is not there.

    Of this process's threads only some may wait for it: the others are for people.
    """
    if not _FREE.acquire(blocking=False):
        raise RefusedError(Kind.BUSY, "Too many requests wait for scores; try again.", seconds=1)
    try:
        status, said = _call(
            "POST",
            "/score",
            {
                "revision": version.revision,
                "query": asked.query,
                "documents": [{"text": each.text, "title": each.title} for each in asked.documents],
                "chunks": asked.chunks,
                "tokens": asked.tokens,
                "truncate": asked.truncate,
                "keep_end": asked.keep_end,
                "within": settings.RERANK_SECONDS,
            },
        )
    finally:
        _FREE.release()
    if status == HTTPStatus.OK:
        return Scores(said["logits"], said["tokens"], said["backend"], said["seconds"])
    kind = _KINDS.get(status, Kind.FAILED)
    raise RefusedError(kind, said["error"], seconds=said.get("seconds", 0))


def golden_of(version: Version) -> Golden:
    """Return how a version's golden pairs come out in the scorer, which loads it if need be.

    Raises RefusedError as `scores_of` does.
    """
    status, said = _call("POST", "/golden", {"revision": version.revision})
    if status == HTTPStatus.OK:
        return Golden(**said)
    raise RefusedError(_KINDS.get(status, Kind.FAILED), said["error"])


def scorer_state() -> dict[str, Any]:
    """Return what the scorer says of itself: `models`, `pairs_waiting`, and counts of batches.

    Raises RefusedError where it is not there.
    """
    return _call("GET", "/models")[1]


def _call(method: str, path: str, said: Any = None) -> tuple[HTTPStatus, dict[str, Any]]:
    body = None if said is None else json.dumps(said).encode()
    headers = {"Authorization": f"Bearer {scorer_key()}", "Content-Type": "application/json"}
    try:
        with closing(_connection()) as scorer:
            scorer.request(method, path, body, headers)
            response = scorer.getresponse()
            return HTTPStatus(response.status), json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise RefusedError(
            Kind.DOWN, "The scorer does not answer; try again.", seconds=_AGAIN
        ) from error


def _connection() -> HTTPConnection:
    parts = urlsplit(settings.SCORER_URL)
    timeout = settings.RERANK_SECONDS + _LOADING
    if parts.scheme == "unix":
        return _UnixConnection(unquote(parts.path), timeout)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("scorer", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
