"""Do the stored bytes still say what the rows say?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.blobs import blob_chunks, blob_open, blob_whole
from models_app.models import Artifact, Version
from models_app.revisions import StoredFile, revision_make


class DamagedError(Exception):
    """A stored file is missing, or its bytes are not those that were published."""


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file of a version; `problem` is None where its bytes are the published ones."""

    path: str
    problem: str | None


def version_check(version: Version) -> list[FileCheck]:
    """Re-hash every file of a version, and its commit id from the rows.

    The commit id is the last entry, under the path `revision`. Reads every byte of the version.
    """
    artifacts = list(version.artifacts.all())
    checks = [FileCheck(artifact.path, _file_problem(artifact)) for artifact in artifacts]
    expected = revision_make(
        reranker=version.reranker,
        number=version.number,
        created_at=version.created_at,
        job=version.job,
        snapshot_digest=version.snapshot_digest,
        files=[StoredFile(file.path, file.sha256, file.size, file.oid) for file in artifacts],
    )
    differs = None if expected == version.revision else f"its rows give {expected}"
    return [*checks, FileCheck("revision", differs)]


def artifact_chunks(artifact: Artifact) -> Iterator[bytes]:
    """Yield a file in blocks of one MiB, hashing on the way.

    Raises DamagedError after the last block where the bytes are not the published ones: a response
    that is being sent then breaks off instead of ending as if all were well.
    """
    digest, size = hashlib.sha256(), 0
    for block in blob_chunks(artifact.sha256):
        digest.update(block)
        size += len(block)
        yield block
    if digest.hexdigest() != artifact.sha256 or size != artifact.size:
        raise DamagedError(f"{artifact.path} is damaged: {size} bytes, {digest.hexdigest()}")


def require_stored(artifacts: list[Artifact]) -> None:
    """Raise DamagedError where the storage lacks a file, before anything is sent."""
    for artifact in artifacts:
        try:
            blob_open(artifact.sha256).close()
        except FileNotFoundError as error:
            raise DamagedError(f"{artifact.path} is missing from the storage") from error


def require_whole(artifact: Artifact) -> None:
    """Raise DamagedError where a file on this machine is gone or has other bytes."""
    try:
        whole = blob_whole(artifact.sha256, artifact.size)
    except FileNotFoundError as error:
        raise DamagedError(f"{artifact.path} is missing from the storage") from error
    if not whole:
        raise DamagedError(f"{artifact.path} is damaged in the storage")


def _file_problem(artifact: Artifact) -> str | None:
    try:
        for _ in artifact_chunks(artifact):
            pass
    except FileNotFoundError:
        return "it is missing from the storage"
    except DamagedError as error:
        return str(error)
    return None
