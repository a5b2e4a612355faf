"""Byte streams from a file, a folder, a gzip or a zip, with what they unpack to kept in bounds."""

import gzip
import io
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from annotate.formats.lines import size
from annotate.formats.records import MIB, FormatError, Limits

_CHUNK = MIB
_HEAD = 64 * 1024
# The list of a zip's entries is read whole; at 46 bytes and a name each, this is a great many.
_ZIP_DIRECTORY = 16 * MIB
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
}


class _OutsideError(OSError):
    """A forged zip points outside itself. An OSError, since zipfile tries places that may fail."""


# What gzip and zipfile raise for forged or damaged data, besides EOFError.
_DAMAGE = (
    gzip.BadGzipFile,
    zlib.error,
    zipfile.BadZipFile,
    struct.error,
    NotImplementedError,
    OverflowError,
    UnicodeDecodeError,
    _OutsideError,
)
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


class Budget:
    """Counts the bytes that one import unpacks; charging more than `limit` raises FormatError.

    `scratch` is the folder that what is unpacked may be kept in for a while.
    """

    def __init__(self, limit: int, scratch: Path | None = None) -> None:
        self.scratch = scratch
        self._left = limit
        self._limit = limit

    def charge(self, count: int) -> None:
        """Take `count` bytes off what is left."""
        self._left -= count
        if self._left < 0:
            raise FormatError(
                f"it unpacks to more than {size(self._limit)}, the most that one import may hold;"
                " split it into several imports"
            )


class _Counted(io.RawIOBase):
    """What `inner` unpacks, charged to a budget, with damage told as FormatError."""

    def __init__(self, inner: Any, outer: Any, budget: Budget, kind: str) -> None:
        self._inner = inner
        self._outer = outer
        self._budget = budget
        self._kind = kind

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with damage_told(self._kind):
            count = int(self._inner.readinto(buffer))
        self._budget.charge(count)
        return count

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._outer.close()
        super().close()


@contextmanager
def damage_told(kind: str) -> Iterator[None]:
    """Raise FormatError where an archive turns out truncated or damaged."""
    try:
        yield
    except EOFError as error:
        raise FormatError(
            f"the {kind} file is truncated: it ends in the middle of its data; copy it again"
        ) from error
    except _DAMAGE as error:
        raise FormatError(f"the {kind} file is damaged ({error}); copy it again") from error


class Member:
    """One file to parse. `name` is its name within an archive or folder, None for a plain file."""

    def __init__(
        self, name: str | None, opener: Callable[[], Any], budget: Budget, kind: str = "gzip"
    ) -> None:
        self.name = name
        self.budget = budget
        self._opener = opener
        self._kind = kind

    def open(self) -> io.BufferedReader:
        """The unpacked bytes from the start; close it when done."""
        return self._open(self.budget)

    def head(self) -> bytes:
        """The first 64 kB unpacked, or as much as there is before the file breaks."""
        found = b""
        with closing(self._open(Budget(2 * _CHUNK))) as stream:
            try:
                while len(found) < _HEAD and (more := stream.read1(_HEAD - len(found))):
                    found += more
            except FormatError:
                if not found:
                    raise
        return found

    def seekable(self) -> IO[bytes]:
        """The unpacked bytes in a file that can be sought: a temporary copy; close it when done."""
        with ExitStack() as stack:
            target = stack.enter_context(tempfile.TemporaryFile(dir=self.budget.scratch))
            with self.open() as stream:
                shutil.copyfileobj(stream, target, _CHUNK)
            target.seek(0)
            stack.pop_all()  # the caller closes it
        return target

    def _open(self, budget: Budget) -> io.BufferedReader:
        with damage_told(self._kind):
            outer = self._opener()
            try:
                packed = outer.peek(2)[:2] == _GZIP
            except BaseException:
                outer.close()
                raise
        inner = gzip.GzipFile(fileobj=outer) if packed else outer
        kind = "gzip" if packed else self._kind
        return io.BufferedReader(_Counted(inner, outer, budget, kind), _CHUNK)


class PlainFile(Member):
    """A file that is there by itself, packed with gzip or not at all."""

    def __init__(self, path: Path, budget: Budget) -> None:
        super().__init__(None, lambda: path.open("rb"), budget)
        self._path = path

    def seekable(self) -> IO[bytes]:
        """The file itself where it is not packed, else a temporary copy."""
        stream = self._path.open("rb")
        if stream.peek(2)[:2] != _GZIP:
            return stream
        stream.close()
        return super().seekable()


class Source:
    """The members of an import: one, or several of a folder or zip. `packed` names the wrapping."""

    def __init__(self, members: dict[str, Member], packed: str, close: Callable[[], None]) -> None:
        self.members = members
        self.packed = packed
        self.close = close


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
    packed = "gzip" if start.startswith(_GZIP) else ""
    return Source({"": member}, packed, lambda: None)


def refuse_packed(head: bytes) -> None:
    """Raise FormatError where unpacked bytes are yet another archive, or one we do not open."""
    if head.startswith(_ZIP):
        raise FormatError("there is a zip within the archive; unpack it and import what it holds")
    if head.startswith(_GZIP):
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
            raise _OutsideError("an entry lies outside the file") from error


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

    return Source(members, "zip", close)


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
