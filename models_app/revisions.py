"""A version's commit id, and how a revision that a client names becomes a version."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from models_app.models import CHAMPION, Reranker, Version

SHORT_REVISION: Final = 7
_TAG = re.compile(r"v([1-9][0-9]{0,8})")
_SHA = re.compile(rf"[0-9a-f]{{{SHORT_REVISION},40}}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A published file: path within the model, hexadecimal sha256, size in bytes, git blob's id."""

    path: str
    sha256: str
    size: int
    oid: str


def revision_make(
    *,
    reranker: Reranker,
    number: int,
    created_at: datetime,
    job: UUID | None,
    snapshot_digest: str,
    files: Sequence[StoredFile],
) -> str:
    """Return a version's commit id: 40 lower-case hexadecimal digits.

    It is the SHA-1 of a JSON object, keys sorted, of the format's number, the reranker's key, the
    version's number, its time of publication on the database's clock, its job, its snapshot digest
    and `[path, sha256, size]` of every file, README.md included. Key, number and time make it
    unique even where the same files are published twice, so it is never reused; the files make it
    say what it names. It can be made again from the stored rows: `integrity.version_check` does.
    """
    named = {
        "format": 1,
        "reranker": reranker.pk,
        "number": number,
        "created_at": created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "job": str(job) if job else None,
        "snapshot_digest": snapshot_digest,
        "files": sorted([file.path, file.sha256, file.size] for file in files),
    }
    text = json.dumps(named, sort_keys=True, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def version_resolve(reranker: Reranker, revision: str, *, light: bool = False) -> Version:
    """Return the version that a revision names: `main`, an alias, `vN`, or a sha of 7 to 40 digits.

    `main` is `champion`, or the newest version where there is none. Raises Version.DoesNotExist for
    an unknown revision, and for a short sha that fits several versions. A `light` one has its
    facts, lineage and metrics, which are large, only when asked for them.
    """
    what = f"revision {revision!r}"
    versions = reranker.versions.select_related("reranker__project").order_by("-number")
    versions = versions.defer("facts", "lineage", "metrics") if light else versions
    if revision == "main":
        found = versions.filter(aliases__name=CHAMPION).first() or versions.first()
    elif tag := _TAG.fullmatch(revision):
        found = versions.filter(number=int(tag[1])).first()
        what = f"version {tag[1]}"
    elif _SHA.fullmatch(revision):
        fitting = list(versions.filter(revision__startswith=revision)[:2])
        found = fitting[0] if len(fitting) == 1 else None
        what = f"commit {revision}" if not fitting else f"single commit that begins with {revision}"
    else:
        found = versions.filter(aliases__name=revision).first()
    if found is None:
        raise Version.DoesNotExist(f"There is no {what} of {reranker.repo_id}.")
    return found


def revision_find(reranker: Reranker, text: str) -> Version:
    """Like `version_resolve`, for what people type: a bare number means that version.

    One as long as a short sha is a sha: a few of these have no letter.
    """
    numbered = text.isascii() and text.isdigit() and len(text) < SHORT_REVISION
    return version_resolve(reranker, f"v{text}" if numbered else text)
