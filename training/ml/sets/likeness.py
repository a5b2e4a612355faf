"""Whether two passages are nearly the same: a copy of a relevant passage is relevant as well."""

import re
from functools import lru_cache
from typing import Final

# A sign of Chinese or Japanese is a word, as in `annotate.frozen.likeness`.
_WORD: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\W\u2e80-\u9fff\uf900-\ufaff]+")
WORDS: Final = 3  # of a shingle
SHARE: Final = 0.8  # Jaccard's index, from which on passages are copies
BEGINNING: Final = 20_000  # characters that are looked at

Shingles = frozenset[int]


class Likeness:
    """Compares texts by their shingles of `WORDS` words, in lower case, and remembers some."""

    def __init__(self) -> None:
        self._shingles = lru_cache(maxsize=50_000)(_cut)

    def alike(self, one: str, other: str) -> bool:
        """Whether the texts share `SHARE` of their shingles or more."""
        if one == other:
            return True
        a, b = self._shingles(one[:BEGINNING]), self._shingles(other[:BEGINNING])
        # The share is at most that of the sizes, which costs nothing.
        if min(len(a), len(b)) < SHARE * max(len(a), len(b)):
            return False
        common = len(a & b)
        return common >= SHARE * (len(a) + len(b) - common)


def _cut(text: str) -> Shingles:
    words = _WORD.findall(text.casefold())
    stretches = range(max(1, len(words) - WORDS + 1))
    return frozenset(hash(tuple(words[at : at + WORDS])) for at in stretches)
