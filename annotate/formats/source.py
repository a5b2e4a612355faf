"""The files of an import: one, those of a folder, or those of a zip, none of them unsafe."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from annotate.formats.lines import size
from annotate.formats.members import GZIP, Budget, Member, OutsideError, PlainFile, damage_told
from annotate.formats.records import MIB, FormatError, Limits

# The list of a zip's entries is read whole; at 46 bytes and a name each, this is a great many.
_ZIP_DIRECTORY = 16 * MIB
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
}
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


class Source:
    """The members of an import: one, or several of a folder or zip. `packed` names the wrapping.

    `share` says how much of the file's bytes were read, from 0 to 1; 0 where nobody knows.
    """

    def __init__(
        self,
        members: dict[str, Member],
        packed: str,
        close: Callable[[], None],
        share: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.members = members
        self.packed = packed
        self.close = close
        self.share = share


def open_source(path: Path, limits: Limits) -> Source:
    """Open a file or folder. Raises FormatError where an archive is damaged, unsafe or too big."""
    budget = Budget(limits.total_bytes, limits.scratch)
    if path.is_dir():
        return _open_folder(path, budget)
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(_ZIP):
        return _open_zip(path, budget, limits)
    member = PlainFile(path, budget)
    packed = "gzip" if start.startswith(GZIP) else ""
    return Source({"": member}, packed, lambda: None, member.share)


def refuse_packed(head: bytes) -> None:
    """Raise FormatError where unpacked bytes are yet another archive, or one we do not open."""
    if head.startswith(_ZIP):
        raise FormatError("there is a zip within the archive; unpack it and import what it holds")
    if head.startswith(GZIP):
        raise FormatError("it is packed with gzip twice; unpack it once")
    if head[257:262] == b"ustar":
        raise FormatError("it is a tar archive; pack the files as a zip instead")
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise FormatError(f"it is packed with {name}; unpack it, or pack it with gzip or zip")


def _open_folder(path: Path, budget: Budget) -> Source:
    members = {}
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_file() and not _is_litter(name):
            members[name] = Member(name, _opener_of(file), budget)
    return Source(members, "folder", lambda: None)


def _opener_of(file: Path) -> Callable[[], BinaryIO]:
    return lambda: file.open("rb")


class _Careful(io.FileIO):
    """A file that refuses the sizes and places that only a forged zip asks for."""

    def read(self, count: int | None = -1, /) -> bytes:
        if count is not None and count > _ZIP_DIRECTORY:
            raise FormatError(f"the zip's list of entries is longer than {size(_ZIP_DIRECTORY)}")
        return super().read(count)

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(position, whence)
        except (OSError, ValueError) as error:
            raise OutsideError("an entry lies outside the file") from error


def _open_zip(path: Path, budget: Budget, limits: Limits) -> Source:
    file = _Careful(path, "rb")
    try:
        with damage_told("zip"):
            archive = zipfile.ZipFile(file)
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        _check_entries(infos, limits)
    except BaseException:
        file.close()
        raise
    members = {
        info.filename: Member(info.filename, _zip_opener(archive, info), budget, "zip")
        for info in infos
        if not _is_litter(info.filename)
    }

    def close() -> None:
        archive.close()
        file.close()

    total = max(1, path.stat().st_size)
    return Source(members, "zip", close, lambda: 0.0 if file.closed else file.tell() / total)


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], Any]:
    return lambda: archive.open(info)


def _check_entries(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(infos) > limits.members:
        raise FormatError(f"the zip holds {len(infos)} files; at most {limits.members} are read")
    for info in infos:
        name = info.filename
        path = PurePosixPath(name)
        unsafe = path.is_absolute() or ".." in path.parts or "\\" in name or name[1:2] == ":"
        if unsafe or not name:
            raise FormatError("the entry's name points outside the archive", member=name)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FormatError("the entry is a link; pack the file itself", member=name)
        if info.flag_bits & 1:
            raise FormatError("the entry is encrypted; pack it without a password", member=name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(
                f"the entry is compressed by method {info.compress_type}; use Deflate", member=name
            )
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise FormatError(
            f"the zip unpacks to {size(total)}; at most {size(limits.total_bytes)} are imported"
        )


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or PurePosixPath(name).name in _LITTER
