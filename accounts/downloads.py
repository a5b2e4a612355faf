"""Stored bytes over HTTP: they never change under their ETag, so a client may keep them."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags


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


def _describe(response: HttpResponseBase, etag: str) -> None:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
