"""Records under seals: a file whose digest survives that a record of it is taken out. Pure.

A sealed file has one record a line, and each line holds a salt. The seal of a line is the sha256 of
its bytes without the line's end; the root of a file is the sha256 of all seals in order, each as 64
hexadecimal digits and a line's end. Where a record is taken out, the line becomes a marker that
holds nothing but its seal, and the root stays what it was. Without the salt, which goes with the
record, the seal is no help to whoever tries out guesses at a short text.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

MARKER: Final = "redacted"
_BEGINNING: Final = b'{"redacted":"'
_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
_MARKER_SIZE: Final = len(_BEGINNING) + 64 + len(b'"}')


@dataclass(slots=True)
class Root:
    """The root of a file, seal by seal; `taken` counts the markers among `records`."""

    records: int = 0
    taken: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, line: bytes) -> None:
        """Take the next line, without its end."""
        seal = marked(line)
        self.taken += seal is not None
        self.records += 1
        self._hash.update(f"{seal or seal_of(line)}\n".encode())

    def hexdigest(self) -> str:
        return str(self._hash.hexdigest())


def salt_of(key: bytes, parts: Iterable[str]) -> str:
    """Return a record's salt, 32 hexadecimal digits: always the same for the same key and texts."""
    said = "\0".join(parts).encode()
    return hmac.digest(key, said, "sha256")[:16].hex()


def seal_of(line: bytes) -> str:
    """Return the seal of a record's line, without its end."""
    return hashlib.sha256(line).hexdigest()


def marked(line: bytes) -> str | None:
    """Return the seal that a marker holds, None for a record."""
    if len(line) != _MARKER_SIZE or not line.startswith(_BEGINNING):
        return None
    seal = line[len(_BEGINNING) : -2].decode("ascii", "replace")
    return seal if line.endswith(b'"}') and set(seal) <= set("0123456789abcdef") else None


def records_take_out(source: Iterable[bytes], target: Path, gone: Callable[[bytes], bool]) -> int:
    """Copy a sealed file with markers in place of the lines that are `gone`; return how many."""
    taken = 0
    with target.open("wb") as out:
        for line in source:
            text = line.rstrip(b"\n")
            if marked(text) is None and gone(text):
                text = _BEGINNING + seal_of(text).encode() + b'"}'
                taken += 1
            out.write(text + b"\n")
    return taken


def needles_of(
    texts: Iterable[str], *, queries: Iterable[str], passages: Iterable[str]
) -> list[bytes]:
    """Return what stands in a record's line if, and only if, it holds one of these.

    A text is a query's, a passage's or, where it is more than a word, a title; `queries` and
    `passages` are ids. A line is canonical JSON, in which a key with its colon never stands within
    a text.
    """
    texts = list(texts)
    held = {
        "query": texts,
        "text": texts,
        "title": [each for each in texts if " " in each.strip()],
        "query_id": queries,
        "passage_id": passages,
    }
    return [
        f'"{key}":{canonical_json(each)}'.encode() for key, said in held.items() for each in said
    ]


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8 as it is."""
    return _ENCODER.encode(value)
