"""A model in a zip: unpacked within bounds, before any of it is believed."""

import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Final

from django.core.exceptions import ValidationError

from models_app.gate import path_clash, path_refusal

FILES_MAX: Final = 1_000
_BLOCK: Final = 1 << 20
_ENCRYPTED: Final = 0x1
# What tools add on their own; nobody means to publish it.
_IGNORED: Final = ("__MACOSX/",)
# What zipfile raises for forged or damaged data. `annotate.formats.members` has the like of it, and
# neither room may know the other; formats know no room at all.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    OverflowError,
    UnicodeDecodeError,
    EOFError,
)
_OURS: Final = "manifest.json"


def zip_unpack(source: Path | IO[bytes], folder: Path, *, most: int) -> None:
    """Unpack a model's zip into an empty folder: at most `most` bytes together.

    Where all files lie in one folder, as archives made of a folder have it, they come without it.
    The list of files of our own archives is left out. Raises ValidationError on `file` for what is
    no zip, is encrypted or damaged, has links, paths out of the folder, or more than may come out.
    What it says of its sizes is not believed: no more than that is written.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            _unpack(archive, folder, most)
    except _DAMAGE as error:
        raise _refused(f"This is no zip that can be read ({error}).") from error


def _unpack(archive: zipfile.ZipFile, folder: Path, most: int) -> None:
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith(_IGNORED)
    ]
    if len(entries) > FILES_MAX:
        raise _refused(f"It has {len(entries):,} files; a model has at most {FILES_MAX:,}.")
    start = _common([entry.filename for entry in entries])
    if clash := path_clash(entry.filename.removeprefix(start) for entry in entries):
        raise _refused(f"{clash[:200]}: it is a file and a folder.")
    left = most
    for entry in entries:
        path = entry.filename.removeprefix(start)
        if path == _OURS:
            continue
        if refusal := _refusal(entry, path):
            raise _refused(f"{path[:200]}: {refusal}")
        target = folder / path
        if target.exists():
            raise _refused(f"{path}: it is there twice.")
        target.parent.mkdir(parents=True, exist_ok=True)
        left -= _extract(archive, entry, target, left, most)


def _common(names: list[str]) -> str:
    """Return the one folder in which all files lie, with its slash; empty where there is none."""
    tops = {name.partition("/")[0] for name in names}
    inside = all("/" in name for name in names)
    return f"{tops.pop()}/" if len(tops) == 1 and inside else ""


def _refusal(entry: zipfile.ZipInfo, path: str) -> str | None:
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "symbolic links are refused, since they may point out of the model."
    if PurePosixPath(path).is_absolute():
        return "the path does not lead to a file within the model."
    return path_refusal(path)


def _extract(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, most: int
) -> int:
    """Write one file and return its size; stops where there is more than may come."""
    size = 0
    with _opened(archive, entry) as packed, target.open("xb") as out:
        while block := packed.read(_BLOCK):
            size += len(block)
            if size > left:
                raise _refused(f"Unpacked it has more than {most:,} bytes.")
            out.write(block)
    return size


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """Open a file of a zip; a forged place outside of it is no fault of our disk."""
    try:
        return archive.open(entry)
    except (OSError, ValueError) as error:
        raise _refused(f"This is no zip that can be read ({error}).") from error


def _refused(why: str) -> ValidationError:
    return ValidationError({"file": [why]})
