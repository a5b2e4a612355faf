"""Bytes of a snapshot over HTTP."""

from collections.abc import Mapping
from typing import Final

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.blobs import blob_chunks, blob_open
from accounts.downloads import held_response, stream_response
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
