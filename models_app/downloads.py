"""Bytes of a version over HTTP: the zip, and single files."""

import mimetypes
from collections.abc import Iterable

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

from models_app.archive import Archive, archive_of
from models_app.integrity import artifact_chunks, require_stored
from models_app.models import Artifact, Version

# What a browser runs nothing of; every other file is sent as bytes.
TEXT_TYPES = ("application/json", "text/plain", "text/markdown")
BYTES_TYPE = "application/octet-stream"


def archive_response(request: HttpRequest, version: Version) -> HttpResponseBase:
    """Send a version as a zip, or 304 where the caller has these very bytes."""
    archive: Archive = archive_of(version)
    if _held(request, archive.etag):
        return _not_modified(archive.etag)
    return _stream(archive.blocks, archive.size, archive.etag, archive.name, "application/zip")


def file_response(request: HttpRequest, version: Version, path: str) -> HttpResponseBase:
    """Send one file of a version. Raises Http404 where the version has no such file."""
    artifact = version.artifacts.filter(path=path).first()
    if artifact is None:
        raise Http404(f"{version} has no file {path!r}.")
    etag = f'"{artifact.sha256}"'
    if _held(request, etag):
        return _not_modified(etag)
    require_stored([artifact])
    name = artifact.path.rsplit("/", 1)[-1]
    return _stream(artifact_chunks(artifact), artifact.size, etag, name, _content_type(artifact))


def _stream(
    blocks: Iterable[bytes], size: int, etag: str, name: str, content_type: str
) -> StreamingHttpResponse:
    """Bytes of one version never change, so a client may keep them; proxies must ask for rights."""
    response = StreamingHttpResponse(blocks, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    _describe(response, etag)
    return response


def _not_modified(etag: str) -> HttpResponse:
    response = HttpResponseNotModified()
    _describe(response, etag)
    return response


def _describe(response: HttpResponseBase, etag: str) -> None:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"


def _held(request: HttpRequest, etag: str) -> bool:
    held = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return "*" in held or etag in {tag.removeprefix("W/") for tag in held}


def _content_type(artifact: Artifact) -> str:
    """Text as text; whatever a browser could run is sent as bytes."""
    guessed, _ = mimetypes.guess_type(artifact.path)
    return guessed if guessed in TEXT_TYPES else BYTES_TYPE
