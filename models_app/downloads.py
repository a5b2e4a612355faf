"""Bytes of a version over HTTP: the zip, and single files."""

import mimetypes

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from accounts.blobs import blob_link, blob_path
from accounts.downloads import file_response, held_response, stream_response
from models_app.archive import Archive, archive_of
from models_app.integrity import require_whole
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


def artifact_of(version: Version, path: str) -> Artifact:
    """Return a file of a version. Raises Http404 where it has none of this path."""
    artifact = version.artifacts.filter(path=path).first()
    if artifact is None:
        raise Http404(f"{version} has no file {path[:200]!r}.")
    return artifact


def artifact_response(
    request: HttpRequest, artifact: Artifact, *, etag: str | None = None
) -> HttpResponseBase:
    """Send one file of a version, or the part that `Range` asks for; 304 where the caller has it.

    Its ETag is its sha256 unless another is given. Where the storage is elsewhere the caller is
    sent there. Raises DamagedError, before anything is sent, where its bytes are not those that
    were published.
    """
    tag = f'"{etag or artifact.sha256}"'
    name = artifact.path.rsplit("/", 1)[-1]
    if held := held_response(request, tag):
        return held
    stored = blob_path(artifact.sha256)
    if stored is None:
        return HttpResponseRedirect(blob_link(artifact.sha256, name=name))
    require_whole(artifact)
    return file_response(
        request,
        stored,
        size=artifact.size,
        etag=tag,
        name=name,
        content_type=_content_type(artifact),
    )


def _content_type(artifact: Artifact) -> str:
    """Text as text; whatever a browser could run is sent as bytes."""
    guessed, _ = mimetypes.guess_type(artifact.path)
    return guessed if guessed in TEXT_TYPES else BYTES_TYPE
