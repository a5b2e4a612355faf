"""What counts as a quote of an erased text, in what people and imports have said elsewhere.

A message may cut a text after some characters, and people quote as they remember: other case, other
space, a part only. A run of 20 bytes in common (about four words of English, seven ideographs) is a
quote; a shorter text is quoted by the whole of it. One word alone is nobody's.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

RUN: Final = 20  # bytes of UTF-8
LEAST: Final = 4  # characters; less is part of any sentence
_PHRASE: Final = 8  # bytes of a phrase that somebody has looked for
_NAMED: Final = 60  # characters of metadata that are somebody's words and not the name of a class
_ID_SHOWN: Final = 76  # characters of an id that an import's error shows


class Quotes:
    """Tells what quotes one of `wordings`, or names one of `names` (ids)."""

    def __init__(self, wordings: Iterable[str], names: Iterable[str] = ()) -> None:
        plain = {folded(each) for each in wordings if len(each) >= LEAST}
        self._texts = [text for text in plain if text]
        self._short = [text for text in self._texts if len(text) < RUN]
        self._runs = {run for text in self._texts for run in _runs(text)}
        named = b"|".join(sorted(_pattern(name) for name in names if len(name) >= LEAST))
        self._names = re.compile(rb"(?<![\w-])(?:" + named + rb")") if named else None

    def in_prose(self, said: str) -> bool:
        """Say whether a sentence, a reason or a message quotes."""
        plain = folded(said)
        return (
            any(text in plain for text in self._short)
            or any(run in self._runs for run in _runs(plain))
            or (self._names is not None and self._names.search(plain) is not None)
        )

    def in_search(self, said: str) -> bool:
        """Say whether what somebody looked for quotes: there a phrase of the text is enough."""
        plain = folded(said)
        phrase = len(plain) >= _PHRASE and b" " in plain
        return self.in_prose(said) or (phrase and any(plain in text for text in self._texts))


def metadata_words(metadata: Any) -> list[str]:
    """Return the long strings of metadata, such as a query's narrative."""
    if isinstance(metadata, str):
        return [metadata] if len(metadata) >= _NAMED else []
    held = metadata.values() if isinstance(metadata, dict) else metadata
    return (
        [words for each in held for words in metadata_words(each)]
        if isinstance(metadata, dict | list)
        else []
    )


def _pattern(name: str) -> bytes:
    """What a name looks like in a message, which may cut it."""
    shown = re.escape(folded(name[:_ID_SHOWN]))
    return shown if len(name) > _ID_SHOWN else shown + rb"(?![\w-])"


def folded(text: str) -> bytes:
    """Return a text as it is compared where an erased one is looked for: no case, single spaces."""
    return " ".join(text.casefold().split()).encode()


def _runs(plain: bytes) -> Iterable[bytes]:
    return (plain[at : at + RUN] for at in range(len(plain) - RUN + 1))
