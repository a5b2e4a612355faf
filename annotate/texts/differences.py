"""What changed between two wordings, word by word. Pure."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final, NamedTuple

KEPT: Final = "kept"
GONE: Final = "gone"
NEW: Final = "new"
_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
# Word by word is quadratic at worst; beyond this many words whole lines are compared.
_WORDS_MAX: Final = 4_000


class Piece(NamedTuple):
    """A stretch of text that was kept, is gone or is new."""

    kind: str
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """Return the pieces that lead from the old wording to the new one, in reading order."""
    was, now = _WORDS.findall(old), _WORDS.findall(new)
    if len(was) + len(now) > _WORDS_MAX:
        was, now = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return [piece for piece in _pieces(was, now) if piece.text]


def _pieces(was: list[str], now: list[str]) -> Iterator[Piece]:
    for tag, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(KEPT, "".join(was[i:j]))
        else:
            yield Piece(GONE, "".join(was[i:j]))
            yield Piece(NEW, "".join(now[k:m]))
