"""Stored bytes over HTTP: they never change under their ETag, so a client may keep them."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

_SPAN: Final = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))")
_BLOCK: Final = 1 << 18


class RangeError(Exception):
    """What was asked for lies beyond the end."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file: `length` bytes from `first` on."""

    first: int
    length: int


def held_response(request: HttpRequest, etag: str) -> HttpResponse | None:
    """Return a 304 where the caller says that they have the bytes of this ETag."""
    held = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" not in held and etag not in {tag.removeprefix("W/") for tag in held}:
        return None
    response = HttpResponseNotModified()
    _describe(response, etag)
    return response


def stream_response(
    blocks: Iterable[bytes], *, size: int, etag: str, name: str, content_type: str
) -> StreamingHttpResponse:
    """Send `size` bytes, block by block, as a file of this name; proxies must ask for rights."""
    response = StreamingHttpResponse(blocks, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    _describe(response, etag)
    return response


def file_response(
    request: HttpRequest, path: Path, *, size: int, etag: str, name: str, content_type: str
) -> HttpResponseBase:
    """Send a local file of `size` bytes, or the part of it that `Range` asks for.

    The kernel copies from disk to network where the server can have it so (`wsgi.file_wrapper`);
    no byte passes through Python then. HEAD is answered with the same headers. Raises OSError where
    the file cannot be opened. Source: RFC 9110, section 14; several ranges at once are answered
    with the whole, as it allows.
    """
    try:
        span = span_asked(request, size=size, etag=etag)
    except RangeError:
        refusal = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    part = span or Span(0, size)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type=content_type)
    else:
        response = FileResponse(FilePart(path, part), content_type=content_type)
        response.block_size = _BLOCK
    response["Content-Length"] = str(part.length)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Accept-Ranges"] = "bytes"
    if span is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {span.first}-{span.first + span.length - 1}/{size}"
    _describe(response, etag)
    return response


def span_asked(request: HttpRequest, *, size: int, etag: str) -> Span | None:
    """Return the part that a request asks for; None for the whole.

    Raises RangeError where nothing of it is there. What is malformed, or meant for other bytes
    (`If-Range`), is as if it were not said.
    """
    asked = _SPAN.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last, suffix = (None if each is None else int(each) for each in asked.groups())
    if first is None:
        first, last = max(0, size - (suffix or 0)), size - 1
    if last is not None and last < first and first < size:
        return None  # malformed, by the letter of the RFC
    if first >= size:
        raise RangeError
    return Span(first, min(size - 1, size if last is None else last) - first + 1)


class FilePart(io.RawIOBase):
    """A part of a file, read or sent by its descriptor, whose position is the part's start."""

    def __init__(self, path: Path, span: Span) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(span.first)
        self._left = span.length

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move the descriptor, as who sends by it does at the end; not for reading on."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)[: self._left]
        count = self._file.readinto(view) or 0
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _describe(response: HttpResponseBase, etag: str) -> None:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
