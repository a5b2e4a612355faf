"""Physical lines of a byte stream, decoded strictly and never longer than allowed."""

from collections.abc import Iterator
from typing import BinaryIO

from annotate.formats.records import LINE, MIB, FormatError

UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def text_lines(stream: BinaryIO, line_bytes: int) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, line with its end) of UTF-8 text; lines end in LF or CR LF.

    A line longer than `line_bytes` is never read whole. Raises FormatError with the line where it
    is too long, not UTF-8, holds a NUL byte, or where the stream itself breaks.
    """
    readline = stream.readline
    number = 0
    offset = 0
    while True:
        try:
            raw = readline(line_bytes + 1)
        except FormatError as error:
            raise error.located(line=number + 1) from error.__cause__
        if not raw:
            return
        number += 1
        if number == 1:
            body = _without_bom(raw)
            offset = len(raw) - len(body)
            raw = body
        if len(raw) > line_bytes:
            raise FormatError(
                f"the line is longer than {size(line_bytes)}, the most that one line may hold",
                line=number,
                field=LINE,
            )
        if b"\0" in raw:
            raise _nul(number, offset, raw)
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise _undecodable(number, offset, error) from error
        offset += len(raw)
        yield number, text


def size(count: int) -> str:
    """A number of bytes for people."""
    if count >= MIB:
        return f"{count / MIB:,.0f} MiB"
    return f"{count:,} bytes"


def _without_bom(raw: bytes) -> bytes:
    if raw.startswith(_UTF16_BOMS):
        raise FormatError(
            "the file is UTF-16, not UTF-8; save it again as UTF-8"
            " (in Excel: “CSV UTF-8”; in Notepad: encoding UTF-8)",
            line=1,
        )
    return raw.removeprefix(UTF8_BOM)


def _nul(number: int, offset: int, raw: bytes) -> FormatError:
    at = raw.index(b"\0")
    hint = "perhaps the file is UTF-16 or not a text file; it has to be UTF-8 text"
    return FormatError(
        f"byte {at + 1} of the line (byte {offset + at + 1} of the file) is NUL; {hint}",
        line=number,
        field=LINE,
    )


def _undecodable(number: int, offset: int, error: UnicodeDecodeError) -> FormatError:
    byte = error.object[error.start]
    return FormatError(
        f"byte {error.start + 1} of the line (byte {offset + error.start + 1} of the file),"
        f" 0x{byte:02x}, is not valid UTF-8 ({error.reason}); save the file as UTF-8",
        line=number,
        field=LINE,
    )
