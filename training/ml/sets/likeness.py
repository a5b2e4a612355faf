"""Whether two passages are nearly the same: a copy of a relevant passage is relevant as well."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"\w+")
WORDS: Final = 3  # of a shingle
SHARE: Final = 0.8  # Jaccard's index, from which on passages are copies
BEGINNING: Final = 20_000  # characters that are looked at

Shingles = frozenset[int]


class Likeness:
    """Compares passages by their shingles of `WORDS` words, in lower case, and remembers them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._shingles = lru_cache(maxsize=50_000)(self._cut)

    def alike(self, one: int, other: int) -> bool:
        """Whether the passages of these rows share `SHARE` of their shingles or more."""
        if self._texts[one] == self._texts[other]:
            return True
        a, b = self._shingles(one), self._shingles(other)
        # The share is at most that of the sizes, which costs nothing.
        if min(len(a), len(b)) < SHARE * max(len(a), len(b)):
            return False
        common = len(a & b)
        return common >= SHARE * (len(a) + len(b) - common)

    def _cut(self, row: int) -> Shingles:
        words = _WORD.findall(self._texts[row][:BEGINNING].casefold())
        stretches = range(max(1, len(words) - WORDS + 1))
        return frozenset(hash(tuple(words[at : at + WORDS])) for at in stretches)
