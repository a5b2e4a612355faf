"""One file to parse: its bytes unpacked, kept in bounds, with damage told as FormatError."""

import gzip
import io
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any

from annotate.formats.lines import size
from annotate.formats.records import MIB, FormatError

_CHUNK = MIB
_HEAD = 64 * 1024
GZIP = b"\x1f\x8b"


class OutsideError(OSError):
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
    OutsideError,
)


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
                packed = outer.peek(2)[:2] == GZIP
            except BaseException:
                outer.close()
                raise
        inner = gzip.GzipFile(fileobj=outer) if packed else outer
        kind = "gzip" if packed else self._kind
        return io.BufferedReader(_Counted(inner, outer, budget, kind), _CHUNK)


class PlainFile(Member):
    """A file that is there by itself, packed with gzip or not at all."""

    def __init__(self, path: Path, budget: Budget) -> None:
        super().__init__(None, self._opened, budget)
        self._path = path
        self._bytes = max(1, path.stat().st_size)
        self._stream: IO[bytes] | None = None

    def _opened(self) -> IO[bytes]:
        self._stream = self._path.open("rb")
        return self._stream

    def share(self) -> float:
        """How much of the file's bytes were read, from 0 to 1."""
        stream = self._stream
        return 0.0 if stream is None or stream.closed else stream.tell() / self._bytes

    def seekable(self) -> IO[bytes]:
        """The file itself where it is not packed, else a temporary copy."""
        stream = self._path.open("rb")
        if stream.peek(2)[:2] != GZIP:
            return stream
        stream.close()
        return super().seekable()
