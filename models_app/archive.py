"""A version as a zip: streamed in constant memory, of known length, the same bytes every time.

Entries are stored, not deflated (weights do not compress), in the order of their paths, dated
1980-01-01, `manifest.json` first. The standard library's writer is used, since zipstream-ng dates
every entry with the time of the download.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from zipfile import ZIP64_LIMIT, ZIP_FILECOUNT_LIMIT, ZIP_STORED, ZipFile, ZipInfo

from models_app.gate import MANIFEST
from models_app.integrity import artifact_chunks, require_stored
from models_app.models import Artifact, Version

FORMAT: Final = 1
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_UNIX: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the zip: its path, its size in bytes, and its bytes in blocks."""

    path: str
    size: int
    blocks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip that can be sent once: name, length in bytes, strong ETag, and the bytes in blocks."""

    name: str
    size: int
    etag: str
    blocks: Iterable[bytes]


def archive_of(version: Version) -> Archive:
    """Return a version's zip, whose content `CrossEncoder(folder)` loads once it is unpacked.

    `manifest.json` lists every other file with its size and sha256. Raises DamagedError where the
    storage lacks a file; a file with other bytes than were published breaks the stream off.
    """
    artifacts = _artifacts(version)
    require_stored(artifacts)
    manifest = _manifest(version, artifacts)
    entries = [
        Entry(MANIFEST, len(manifest), [manifest]),
        *(Entry(file.path, file.size, artifact_chunks(file)) for file in artifacts),
    ]
    return Archive(
        name=f"{version.reranker.name}-{version.tag}.zip",
        size=zip_size(entries),
        etag=f'"{hashlib.sha256(manifest).hexdigest()}"',
        blocks=zip_blocks(entries),
    )


def archive_size(version: Version) -> int:
    """Return the length of a version's zip in bytes, without touching the storage."""
    artifacts = _artifacts(version)
    sizes = [(MANIFEST, len(_manifest(version, artifacts)))]
    sizes += [(file.path, file.size) for file in artifacts]
    return zip_size(Entry(path, size, ()) for path, size in sizes)


def _artifacts(version: Version) -> list[Artifact]:
    """Return a version's files in an order that depends on no database's collation."""
    return sorted(version.artifacts.all(), key=lambda file: file.path)


def _manifest(version: Version, artifacts: Iterable[Artifact]) -> bytes:
    """Return what the archive says about itself."""
    content = {
        "format": FORMAT,
        "repo_id": version.reranker.repo_id,
        "version": version.number,
        "revision": version.revision,
        "snapshot_digest": version.snapshot_digest or None,
        "files": [
            {"path": file.path, "size": file.size, "sha256": file.sha256} for file in artifacts
        ],
    }
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"


def zip_blocks(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a zip of the entries, block by block."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as target:
        for entry in entries:
            with target.open(_info(entry), "w") as sink:
                for block in entry.blocks:
                    sink.write(block)
                    yield pipe.drain()
            yield pipe.drain()
    yield pipe.drain()


def zip_size(entries: Iterable[Entry]) -> int:
    """Return the length of `zip_blocks(entries)` in bytes, without reading any entry.

    Sizes of the records are those of PKWARE's APPNOTE 6.3.9, sections 4.3.7 to 4.3.16 and 4.5.3, as
    `zipfile` writes them to a stream: a data descriptor after each file, zip64 fields where needed.
    """
    offset = central = count = 0
    for entry in entries:
        name = len(entry.path.encode())
        wide = entry.size * 1.05 > ZIP64_LIMIT  # zipfile's own margin, kept for stored files
        fields = 2 * (entry.size > ZIP64_LIMIT) + (offset > ZIP64_LIMIT)
        central += 46 + name + (4 + 8 * fields if fields else 0)
        offset += 30 + name + (20 if wide else 0) + entry.size + (24 if wide else 16)
        count += 1
    large = count > ZIP_FILECOUNT_LIMIT or max(offset, central) > ZIP64_LIMIT
    return offset + central + 22 + (56 + 20 if large else 0)


def _info(entry: Entry) -> ZipInfo:
    info = ZipInfo(entry.path, _DATE)
    info.file_size = entry.size
    info.external_attr, info.create_system = _MODE, _UNIX
    return info


class _Pipe:
    """What `ZipFile` writes to and the response reads from; it cannot seek, like a socket."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes, /) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Everything is at hand already."""

    def close(self) -> None:
        """Nothing is held open."""

    def drain(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data
