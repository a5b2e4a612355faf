"""Commits: what a client sends becomes a version."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.http import JsonResponse
from rest_framework.request import Request

from accounts.blobs import scratch_folder
from accounts.models import User
from accounts.rest import caller
from models_app.access import reranker_managed
from models_app.hub.base import REVISION, HubError, HubView
from models_app.hub.ndjson import CommitError, CommitLines, Line, decode
from models_app.hub.sent import Stream, endpoint, require_main, room
from models_app.models import Reranker, Version
from models_app.revisions import version_resolve
from models_app.services.importing import Origin
from models_app.services.pushing import Tree

_PART: Final = re.compile(r"(.*) \(part ([2-9]|[1-9][0-9]{1,4})\)", re.DOTALL)


class Commit(HubView):
    parser_classes = [Stream]

    def post(self, request: Request, team: str, name: str, revision: str) -> JsonResponse:
        """Publish what a commit makes of the newest version as the next one. No alias moves."""
        reranker = reranker_managed(request.user, team, name)
        require_main(request, revision)
        stream = request.stream
        with room(), scratch_folder("commit") as folder:
            parts = folder / "parts"
            parts.mkdir()
            places = (parts / str(number) for number in range(1 << 30))
            read = stream.read if stream is not None else lambda size: b""
            lines = CommitLines(read, lambda: next(places))
            try:
                version, changed = _committed(request, reranker, lines, folder, places)
            except CommitError as error:
                raise HubError(HTTPStatus.BAD_REQUEST, str(error)) from error
        url = f"{endpoint(request)}/{reranker.repo_id}/commit/{version.revision}"
        return JsonResponse(
            {
                "success": True,
                "commitOid": version.revision,
                "commitUrl": url,
                "hookOutput": f"Published as {version.tag}." if changed else "Nothing changed.",
            }
        )


def _committed(
    request: Request,
    reranker: Reranker,
    lines: CommitLines,
    folder: Path,
    places: Iterator[Path],
) -> tuple[Version, bool]:
    """Read a commit and publish it; returns the version, and whether it is a new one."""
    newest = reranker.versions.order_by("-number").first()
    tree, header = Tree.on(reranker, newest), {}
    for number, line in enumerate(lines):
        if line.key == "header":
            if number:
                raise CommitError("The header of a commit is its first line.")
            header = line.value
            if parent := header.get("parentCommit"):
                tree = Tree.on(reranker, _parent(reranker, str(parent)))
        else:
            _apply(tree, line, places)
    message = str(header.get("summary") or "")[:500]
    told: dict[str, Any] = {
        "message": message,
        "description": str(header.get("description") or "")[:5_000],
        "client": request.headers.get("User-Agent", "")[:200],
    }
    if newest is not None and _completes(newest, message, caller(request)):
        told["completes"] = newest.number
    files = folder / "model"
    files.mkdir()
    origin = Origin("push", told)
    return tree.publish(folder=files, origin=origin, created_by=caller(request))


def _completes(newest: Version, message: str, sender: User) -> bool:
    """Say whether a commit is a further part of the push that made the newest version.

    Clients from 1.20 on send a large folder in several commits, of which they name all but the
    first `MESSAGE (part N)`.
    """
    part = _PART.fullmatch(message)
    if part is None or newest.created_by_id != sender.pk:
        return False
    said = str((newest.lineage.get("origin") or {}).get("message") or "")
    number = int(part[2])
    return said == (part[1] if number == 2 else f"{part[1]} (part {number - 1})")


def _apply(tree: Tree, line: Line, places: Iterator[Path]) -> None:
    """Do one operation of a commit."""
    path = str(line.value.get("path") or "")
    match line.key:
        case "file":
            source = line.content
            if source is None:
                source = next(places)
                source.write_bytes(decode(line.value.get("content")))
            tree.add(path, source)
        case "lfsFile":
            size = line.value.get("size")
            oid = str(line.value.get("oid"))
            tree.add_stored(path, oid, size if isinstance(size, int) else None)
        case "deletedFile" | "deletedFolder":
            tree.remove(path, folder=line.key == "deletedFolder")
        case _:
            raise CommitError(f"There is no operation {line.key[:50]!r} here.")


def _parent(reranker: Reranker, revision: str) -> Version:
    try:
        return version_resolve(reranker, revision, light=True)
    except Version.DoesNotExist as error:
        raise HubError(HTTPStatus.PRECONDITION_FAILED, str(error), REVISION) from error
