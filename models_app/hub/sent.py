"""What comes with the hub's calls that write: its form, and where it finds room."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from accounts.parsing import JsonParser
from models_app.hub.base import HubError

MAIN: Final = frozenset({"main", "refs/heads/main"})
_BLOCK: Final = 1 << 20

logger = logging.getLogger(__name__)


class AnyJson(JsonParser):
    """JSON under whatever name: git-lfs has a media type of its own."""

    media_type = "*/*"


class Stream(BaseParser):
    """A body that the call reads itself, block by block."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


def require_main(request: Request, revision: str) -> None:
    """Raise HubError where a commit is meant for a branch of its own, or for a request."""
    if request.query_params.get("create_pr") in ("1", "true"):
        raise HubError(
            HTTPStatus.FORBIDDEN,
            "There are no pull requests: a push makes a new version, which is reviewed before an"
            " alias moves to it.",
        )
    if revision not in MAIN:
        raise HubError(
            HTTPStatus.FORBIDDEN,
            "Push to main: that makes a new version and moves no alias. An alias is moved to it"
            " with a reason, on the reranker's page.",
        )


def spool(request: Request, path: Path, size: int) -> None:
    """Write a body to a file, and no more of it than was announced."""
    stream, left = request.stream, size + 1
    with path.open("wb") as out:
        while stream is not None and left and (block := stream.read(min(_BLOCK, left))):
            out.write(block)
            left -= len(block)


@contextmanager
def room() -> Iterator[None]:
    """Say so where the disk takes no more."""
    try:
        yield
    except OSError as error:
        logger.exception("what was pushed could not be stored")
        said = "The server could not store this; its administrator finds the reason in the log."
        raise HubError(HTTPStatus.INSUFFICIENT_STORAGE, said) from error


def mapping(value: object) -> Mapping[str, Any]:
    """Return a JSON object as it came. Raises HubError where it is none."""
    if not isinstance(value, Mapping):
        raise HubError(HTTPStatus.BAD_REQUEST, "Send a JSON object.")
    return value


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return a list of JSON objects as it came, none for null. Raises HubError for another."""
    if not isinstance(value, list | None):
        raise HubError(HTTPStatus.BAD_REQUEST, "Send a list of JSON objects.")
    return [mapping(each) for each in value or ()]


def endpoint(request: Request) -> str:
    """Return the address at which the caller reaches us."""
    return request.build_absolute_uri("/").rstrip("/")
