"""Content-addressed files: every stored file is known by its sha256 and written once.

The bytes lie in Django's `blobs` storage, a local folder or an S3 bucket. A local blob is staged
beside its place, fsynced and renamed, so that a name never shows half a file.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.http import content_disposition_header

from accounts.models import Leftover
from config.folders import private_folder

_CHUNK: Final = 1 << 20
_LINK_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: hexadecimal sha256 and size in bytes."""

    sha256: str
    size: int


class DurableFileSystemStorage(FileSystemStorage):
    """A local folder whose files are on disk, name and bytes, before `save` returns."""

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        _folder_make(target.parent)
        handle, staged = tempfile.mkstemp(dir=target.parent, prefix=".staged-")
        try:
            with os.fdopen(handle, "wb") as out:
                content.seek(0)
                shutil.copyfileobj(content, out, _CHUNK)
                out.flush()
                os.fsync(out.fileno())
            Path(staged).chmod(0o640)
            Path(staged).replace(target)
        except BaseException:
            Path(staged).unlink(missing_ok=True)
            raise
        _fsync_folder(target.parent)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name


def _folder_make(folder: Path) -> None:
    """Make a folder and those above it, each entered in its parent on disk."""
    if not folder.is_dir():
        _folder_make(folder.parent)
        folder.mkdir(exist_ok=True)
        _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_digest(path: Path) -> Blob:
    """Return the sha256 and size of a local file, read in blocks."""
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return Blob(digest, path.stat().st_size)


def blob_put(path: Path, blob: Blob | None = None) -> Blob:
    """Store a local file under its sha256 and return it; storing it again changes nothing.

    `blob` is what `file_digest` has found of it, where that is known. A row that names it may come
    later: it is no leftover from now on. Raises OSError where the storage cannot take it (a full
    disk).
    """
    blob = blob or file_digest(path)
    Leftover.objects.filter(sha256=blob.sha256).delete()  # waits for who is just removing it
    storage, name = _blobs(), _name(blob.sha256)
    if not (storage.exists(name) and storage.size(name) == blob.size):
        with path.open("rb") as source:
            storage.save(name, File(source))
    return blob


def blob_open(sha256: str) -> IO[bytes]:
    """Open a stored file for reading. Raises FileNotFoundError where there is none."""
    return _blobs().open(_name(sha256), "rb")


def blob_chunks(sha256: str) -> Iterator[bytes]:
    """Yield a stored file in blocks of one MiB."""
    with blob_open(sha256) as source:
        while block := source.read(_CHUNK):
            yield block


def blob_path(sha256: str) -> Path | None:
    """Return where a stored file lies on this machine; None where the storage is elsewhere."""
    try:
        return Path(_blobs().path(_name(sha256)))
    except NotImplementedError:
        return None


def blob_link(sha256: str, *, name: str) -> str:
    """Return an address at which a storage elsewhere gives a file out, under `name`, for an hour.

    The signature in it is the right to read; who gets it has passed our own checks.
    """
    disposition = content_disposition_header(True, name) or "attachment"
    parameters = {"ResponseContentDisposition": disposition}
    return str(_blobs().url(_name(sha256), parameters=parameters, expire=_LINK_SECONDS))  # type: ignore[call-arg]


@lru_cache(maxsize=4096)
def _digest_of(path: Path, inode: int, size: int, changed: int) -> str:
    """Return a file's sha256, read once for as long as the file is the same one."""
    return file_digest(path).sha256


def blob_whole(sha256: str, size: int) -> bool:
    """Say whether a file that lies on this machine has the bytes that its name promises.

    They are read once in a process, and again when the file was touched. Raises FileNotFoundError.
    """
    path = blob_path(sha256)
    if path is None:
        raise ValueError("the storage is elsewhere")
    found = path.stat()
    if found.st_size != size:
        return False
    return _digest_of(path, found.st_ino, found.st_size, found.st_mtime_ns) == sha256


def blob_fetch(sha256: str, target: Path) -> None:
    """Copy a stored file to `target` and check its sha256. Raises ValueError where it differs."""
    with target.open("wb") as out:
        for block in blob_chunks(sha256):
            out.write(block)
    found = file_digest(target).sha256
    if found != sha256:
        raise ValueError(f"stored file {sha256} is damaged: its bytes have sha256 {found}")


def blob_drop(sha256: str) -> None:
    """Remove a stored file for good; one that is gone is fine. Ask first who else names it."""
    _blobs().delete(_name(sha256))


def blob_size(sha256: str) -> int:
    """Return the size of a stored file in bytes. Raises FileNotFoundError where there is none."""
    return int(_blobs().size(_name(sha256)))


def blobs_stored() -> Iterator[str]:
    """Yield the sha256 of every stored file, in order."""
    storage = _blobs()
    for first in _folders(storage, ""):
        for second in _folders(storage, first):
            _, names = storage.listdir(f"{first}/{second}")
            yield from sorted(name for name in names if not name.startswith("."))


def _folders(storage: Storage, below: str) -> list[str]:
    try:
        folders, _ = storage.listdir(below)
    except FileNotFoundError:  # nothing was ever stored
        return []
    return sorted(folder for folder in folders if len(folder) == 2)


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Yield a temporary folder below ARBITER_HOME and remove it afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-", dir=scratch_root()) as folder:
        yield Path(folder)


def scratch_root() -> Path:
    """Return the folder of what is temporary; /tmp may be small, or memory."""
    return private_folder(Path(settings.ARBITER_HOME) / "scratch")


def _blobs() -> Storage:
    return storages["blobs"]


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
