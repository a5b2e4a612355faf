"""Files that are sent ahead of a commit, by the batch API of Git LFS."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core import signing
from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request

from accounts.blobs import scratch_folder
from accounts.models import User
from accounts.rest import caller
from models_app.access import reranker_managed
from models_app.hub.base import HubError, HubView
from models_app.hub.sent import (
    AnyJson,
    Stream,
    endpoint,
    mapping,
    objects,
    require_main,
    room,
    spool,
)
from models_app.models import Reranker
from models_app.objects import lfs_kept
from models_app.services.pushing import stored_size, upload_keep

UPLOAD_SECONDS: Final = 6 * 3600
_SALT: Final = "models_app.hub.upload"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# Up to 1.19 clients ask how to send large files. Later ones take the Hub's own storage (Xet)
# where its package is installed, without asking; so they send everything within the commit.
_SENDS_AHEAD: Final = re.compile(r"\bhf_hub/(?:0\.|1\.1?[0-9]\.)")


class Preupload(HubView):
    parser_classes = [AnyJson]

    def post(self, request: Request, team: str, name: str, revision: str) -> JsonResponse:
        """Say of each file how it is to be sent: ahead of the commit, or within it."""
        reranker = reranker_managed(request.user, team, name)
        require_main(request, revision)
        ahead = bool(_SENDS_AHEAD.search(request.headers.get("User-Agent", "")))
        held = _held(reranker)
        found = []
        for file in objects(mapping(request.data).get("files")):
            path, size = str(file.get("path")), file.get("size")
            large = isinstance(size, int) and lfs_kept(path, size)
            found.append(
                {
                    "path": path,
                    "uploadMode": "lfs" if ahead and large else "regular",
                    "shouldIgnore": any(part.startswith(".") for part in path.split("/")),
                    "oid": held.get(path),
                }
            )
        return JsonResponse({"files": found})


class Batch(HubView):
    parser_classes = [AnyJson]

    def post(self, request: Request, team: str, name: str) -> JsonResponse:
        """Say where each file is to be sent to; those that are here need not be sent again.

        Source: the Git LFS batch API, transfer `basic`.
        """
        reranker = reranker_managed(request.user, team, name)
        asked = mapping(request.data)
        if asked.get("operation") != "upload":
            raise HubError(HTTPStatus.BAD_REQUEST, "Files are downloaded by their address.")
        told = [self._object(request, reranker, each) for each in objects(asked.get("objects"))]
        return JsonResponse(
            {"transfer": "basic", "objects": told, "hash_algo": "sha256"},
            content_type="application/vnd.git-lfs+json",
        )

    def _object(
        self, request: Request, reranker: Reranker, named: Mapping[str, Any]
    ) -> dict[str, Any]:
        oid, size = str(named.get("oid")), named.get("size")
        if not _SHA256.fullmatch(oid) or not isinstance(size, int) or size < 0:
            told = {"code": 422, "message": "An object has a sha256 and a size."}
            return {"oid": oid[:64], "size": size, "error": told}
        found = {"oid": oid, "size": size, "authenticated": True}
        if stored_size(reranker, oid) == size:
            return found
        sealed = signing.dumps([reranker.pk, oid, size, caller(request).pk], salt=_SALT)
        start = f"{endpoint(request)}/{reranker.repo_id}.git/info/lfs/objects"
        upload = {"href": f"{start}/{sealed}", "expires_in": UPLOAD_SECONDS}
        return {**found, "actions": {"upload": upload, "verify": {"href": f"{start}/verify"}}}


class UploadFile(HubView):
    """A file that is sent ahead. Clients send no token here: the address is the right to send."""

    authentication_classes = []
    parser_classes = [Stream]

    def put(self, request: Request, team: str, name: str, sealed: str) -> HttpResponse:
        """Keep a file for a commit to come, if it is what it was announced to be."""
        try:
            key, oid, size, user = signing.loads(sealed, salt=_SALT, max_age=UPLOAD_SECONDS)
        except signing.BadSignature as error:
            raise HubError(HTTPStatus.FORBIDDEN, "This address is no longer good.") from error
        reranker = Reranker.objects.select_related("project").filter(pk=key).first()
        sender = User.objects.filter(pk=user, is_active=True).first()
        if reranker is None or sender is None:
            raise HubError(HTTPStatus.FORBIDDEN, "This address is no longer good.")
        reranker_managed(sender, reranker.project.slug, reranker.name)
        with room(), scratch_folder("upload") as folder:
            path = folder / "file"
            spool(request, path, size)
            upload_keep(reranker=reranker, path=path, sha256=oid, size=size, created_by=sender)
        return HttpResponse()


class VerifyFile(HubView):
    parser_classes = [AnyJson]

    def post(self, request: Request, team: str, name: str) -> JsonResponse:
        """Say whether a file that was sent is here, whole."""
        reranker = reranker_managed(request.user, team, name)
        asked = mapping(request.data)
        known = stored_size(reranker, str(asked.get("oid")))
        if known is None or known != asked.get("size"):
            raise HubError(HTTPStatus.NOT_FOUND, "This file has not come.")
        return JsonResponse({})


def _held(reranker: Reranker) -> dict[str, str]:
    """Return the git blobs of the newest version's small files, by path: not to be sent again.

    Of a large one the client would have to hash all bytes in memory to compare.
    """
    newest = reranker.versions.order_by("-number").first()
    files = newest.artifacts.values_list("path", "oid", "size") if newest else ()
    return {path: oid for path, oid, size in files if not lfs_kept(path, size)}
