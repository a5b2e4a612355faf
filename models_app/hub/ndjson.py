"""A commit as clients send it: a line of JSON for each operation, files within it as base64.

It is read as a stream. A file of 500 MB is one line of 670 MB, of which no more than a block is in
memory at any time: the text of `content` is decoded into a file as it comes in.
"""

import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_BLOCK: Final = 1 << 16
_TEXT: Final = 1 << 14  # a longer text can be a file's content only
_LINE: Final = 1 << 20  # bytes of a line beside such a text
_SPACE: Final = b" \t\r"
_CONTENT: Final = b'"content":'
_NEAR: Final = 32


class CommitError(ValueError):
    """What came is no commit; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One operation: its `key`, its `value`, and where its content was put, if that was long."""

    key: str
    value: dict[str, Any]
    content: Path | None


class CommitLines:
    """The operations of a commit, read block by block.

    `read` gives the next bytes of the request, none at its end; `place` a new path for each long
    content. Raises CommitError for what cannot be read, OSError where the disk is full.
    """

    def __init__(self, read: Callable[[int], bytes], place: Callable[[], Path]) -> None:
        self._read, self._place = read, place
        self._buffer = bytearray()

    def __iter__(self) -> Iterator[Line]:
        while (raw := self._line()) is not None:
            text, content = raw
            if text.strip():
                yield _operation(text, content)

    def _line(self) -> tuple[bytes, Path | None] | None:
        """Return the next line without its long text, and where that was put; None at the end."""
        kept, content = bytearray(), None
        if not self._buffer and not self._more():
            return None
        while True:
            end, quote = self._buffer.find(b"\n"), self._buffer.find(b'"')
            if end >= 0 and (quote < 0 or end < quote):
                kept += self._take(end)
                self._take(1)
                return bytes(kept), content
            if quote < 0:
                kept += self._take(len(self._buffer))
                if len(kept) > _LINE:
                    raise CommitError("A line of the commit is too long.")
                if not self._more():
                    return bytes(kept), content
            else:
                kept += self._take(quote)
                before = bytes(kept[-_NEAR:]).rstrip(_SPACE)
                text, long = self._string(content is None and before.endswith(_CONTENT))
                kept += text
                content = long or content
                if len(kept) > _LINE:
                    raise CommitError("A line of the commit is too long.")

    def _string(self, may_be_long: bool) -> tuple[bytes, Path | None]:
        """Return the text that begins here, with its quotes; a long one is put into a file."""
        at = 1
        while True:
            quote, escape = self._buffer.find(b'"', at), self._buffer.find(b"\\", at)
            if escape >= 0 and (quote < 0 or escape < quote):
                at = escape + 2
            elif quote >= 0:
                return self._take(quote + 1), None
            else:
                at = len(self._buffer)
            if at >= len(self._buffer):
                if len(self._buffer) > _TEXT and may_be_long and escape < 0:
                    return b'""', self._spooled()
                if len(self._buffer) > _LINE:
                    raise CommitError("A text of the commit is too long.")
                if not self._more():
                    raise CommitError("The commit ends within a text.")

    def _spooled(self) -> Path:
        """Decode the base64 that begins here into a file, to its closing quote."""
        path = self._place()
        self._take(1)
        with path.open("wb") as out:
            while (quote := self._buffer.find(b'"')) < 0:
                out.write(_decoded(self._take(len(self._buffer) // 4 * 4)))
                if not self._more():
                    raise CommitError("The commit ends within a file.")
            out.write(_decoded(self._take(quote)))
        self._take(1)
        return path

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> bool:
        block = self._read(_BLOCK)
        self._buffer += block
        return bool(block)


def _operation(text: bytes, content: Path | None) -> Line:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommitError(f"A line of the commit is not JSON ({error}).") from error
    known = isinstance(line, dict) and isinstance(line.get("key"), str)
    if not known or not isinstance(line.get("value"), dict):
        raise CommitError("A line of the commit has no `key` with a `value`.")
    return Line(line["key"], line["value"], content)


def decode(text: object) -> bytes:
    """Return the bytes of a short content. Raises CommitError where it is no base64."""
    if not isinstance(text, str):
        raise CommitError("The content of a file is base64 in a text.")
    return _decoded(text.encode())


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise CommitError(f"The content of a file is no base64 ({error}).") from error
