"""Uploaded files, kept in Django's default storage until they are read."""

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import storages

_FOLDER: Final = "imports"


class UploadGoneError(FileNotFoundError):
    """There is no upload to read; the message is for the person whose file it was."""


def upload_keep(upload: File[Any]) -> str:
    """Store an upload, on disk before this returns, and return its name there.

    Raises ValidationError where it is larger than IMPORT_MAX_BYTES, OSError where there is no room.
    """
    if upload.size > settings.IMPORT_MAX_BYTES:
        limit = settings.IMPORT_MAX_BYTES >> 20
        raise ValidationError({"file": f"A file has at most {limit} MiB."})
    storage = storages["default"]
    name = storage.save(f"{_FOLDER}/{uuid.uuid4().hex}", upload)
    kept = Path(storage.path(name))
    # A file whose entry in its folder is not on disk is lost all the same. The first upload makes
    # the folder and the store that it lies in, whose entries count as well.
    for path in (kept, *list(kept.parents)[:3]):
        _sync(path)
    return name


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def upload_path(name: str) -> Path:
    """Return where an upload lies. Raises UploadGoneError where it was never kept or is gone."""
    if not name:
        raise UploadGoneError("the command that read this file was interrupted; run it again")
    path = Path(storages["default"].path(name))
    if not path.exists():
        raise UploadGoneError("the uploaded file is gone; upload it again")
    return path


def upload_drop(name: str) -> None:
    """Remove an upload; one that is gone is fine."""
    storages["default"].delete(name)


def uploads_kept(seconds: float) -> Iterator[str]:
    """Yield the names of uploads that were stored more than `seconds` ago."""
    folder = Path(storages["default"].path(_FOLDER))
    limit = time.time() - seconds
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < limit:
            yield f"{_FOLDER}/{entry.name}"
