"""Bytes of a snapshot or an export over HTTP."""

from collections.abc import Mapping
from typing import Final

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from accounts.blobs import blob_chunks, blob_open
from accounts.downloads import held_response, stream_response
from accounts.models import Project
from annotate.exporting import FORMATS, export_blocks, export_name
from annotate.models import Snapshot

FILE_TYPES: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson",
    "json": "application/json",
}


def snapshot_file_response(request: HttpRequest, snapshot: Snapshot, name: str) -> HttpResponseBase:
    """Send one file of a snapshot, or 304 where the caller has these very bytes.

    Raises Http404 where the snapshot has no such file (yet), and FileNotFoundError where the
    storage lacks it.
    """
    file = snapshot.files.get(name)
    if file is None:
        raise Http404(f"There is no file {name[:64]!r} in this snapshot.")
    etag = f'"{file["sha256"]}"'
    if held := held_response(request, etag):
        return held
    blob_open(file["sha256"]).close()  # before anything is sent
    return stream_response(
        blob_chunks(file["sha256"]),
        size=file["size"],
        etag=etag,
        name=f"{snapshot.short_digest}-{name}",
        content_type=FILE_TYPES[name.rpartition(".")[2]],
    )


def export_response(project: Project, format_name: str, what: str | None) -> StreamingHttpResponse:
    """Send an export as it is written. Raises ValidationError before anything is sent.

    It has no length, so that an error midway leaves it without its last chunk, and clients see
    that it is not whole. A client that goes away ends the query behind it.
    """
    blocks = export_blocks(project, format_name=format_name, what=what)
    name = export_name(project, format_name, what)
    return StreamingHttpResponse(
        blocks,
        content_type=FORMATS[format_name].media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
