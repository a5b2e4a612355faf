"""Bytes of a version over HTTP: the zip, and single files."""

import mimetypes

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.downloads import held_response, stream_response
from models_app.archive import Archive, archive_of
from models_app.integrity import artifact_chunks, require_stored
from models_app.models import Artifact, Version

# What a browser runs nothing of; every other file is sent as bytes.
TEXT_TYPES = ("application/json", "text/plain", "text/markdown")
BYTES_TYPE = "application/octet-stream"


def archive_response(request: HttpRequest, version: Version) -> HttpResponseBase:
    """Send a version as a zip, or 304 where the caller has these very bytes."""
    archive: Archive = archive_of(version)
    return held_response(request, archive.etag) or stream_response(
        archive.blocks,
        size=archive.size,
        etag=archive.etag,
        name=archive.name,
        content_type="application/zip",
    )


def file_response(request: HttpRequest, version: Version, path: str) -> HttpResponseBase:
    """Send one file of a version. Raises Http404 where the version has no such file."""
    artifact = version.artifacts.filter(path=path).first()
    if artifact is None:
        raise Http404(f"{version} has no file {path!r}.")
    etag = f'"{artifact.sha256}"'
    if held := held_response(request, etag):
        return held
    require_stored([artifact])
    return stream_response(
        artifact_chunks(artifact),
        size=artifact.size,
        etag=etag,
        name=artifact.path.rsplit("/", 1)[-1],
        content_type=_content_type(artifact),
    )


def _content_type(artifact: Artifact) -> str:
    """Text as text; whatever a browser could run is sent as bytes."""
    guessed, _ = mimetypes.guess_type(artifact.path)
    return guessed if guessed in TEXT_TYPES else BYTES_TYPE
