"""Which passages of dev and test are nearly copies of one of train: MinHash, then an exact look.

A passage is the set of its stretches of three words (shingles), and nearly a copy of another where
the two have `SHARE` of all their shingles in common (Jaccard's index). MinHash (Broder 1997): the
smallest value that a random function takes over both sets is the same with just that probability.
`BANDS` groups of `ROWS` such values each are looked up; passages that agree in a whole group are
compared shingle by shingle, so that what is counted is exact, and what may be missed at the
threshold itself is one copy in 14,000: (1 - 0.8^5)^24.

The functions are fixed, so that the same texts give the same counts anywhere. In numpy, a column at
a time: libraries for it hold an object for each passage and a dictionary for each band.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHARE: Final = 0.8
WORDS: Final = 3  # of a shingle
BEGINNING: Final = 20_000  # characters of a passage that are looked at
BANDS: Final = 24
ROWS: Final = 5
SIZE: Final = BANDS * ROWS  # values of a signature
# A passage is compared with so many others at most, those whose signatures agree most.
COMPARED_MOST: Final = 50
LOOKED_UP_MOST: Final = 2_000
# Of a signature's values, how many agree at least where a passage is compared: of two that share
# 80% of their shingles, 96 do on average, give or take 4.4.
AGREEING: Final = 76
NOTHING: Final = 2**32 - 1  # every value of a text without a word

Array = NDArray[np.uint64]
Values = NDArray[np.uint32]

# A word; in scripts without blanks, each sign is one.
_WORD: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\W\u2e80-\u9fff\uf900-\ufaff]+")
_FUNCTIONS: Final = np.random.Generator(np.random.PCG64(20_040_719)).integers(
    1, 2**63, size=(2, SIZE), dtype=np.uint64
)
_PLACES: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def shingles_of(text: str) -> Array:
    """Return the shingles of a text as numbers, each once; none where it has no word."""
    words = _WORD.findall(text[:BEGINNING].casefold())
    if not words:
        return np.empty(0, np.uint64)
    found = np.fromiter(map(_number, words), np.uint64, len(words))
    width = min(WORDS, len(words))
    total = np.zeros(len(words) - width + 1, np.uint64)
    for place in range(width):
        total += found[place : len(words) - width + 1 + place] * _PLACES[place]
    return np.unique(_mixed(total))


def signature_of(shingles: Array) -> Values:
    """Return the `SIZE` smallest values, 32 bits each; of no shingles the largest there are."""
    if not len(shingles):
        return np.full(SIZE, NOTHING, np.uint32)
    factors, shifts = _FUNCTIONS | np.uint64(1)
    smallest: Array = (shingles[:, None] * factors + shifts).min(axis=0)
    return (smallest >> np.uint64(32)).astype(np.uint32)


def share_of(one: Array, other: Array) -> float:
    """Return the share of all shingles of two texts that both have; 0 where one has none."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    total = len(one) + len(other) - common
    return common / total if total and len(one) and len(other) else 0.0


def bands_of(signatures: Values) -> Iterator[Array]:
    """Yield each band of signatures, one below the other, as one number for each of them."""
    for band in range(BANDS):
        total = np.zeros(len(signatures), np.uint64)
        for place in range(ROWS):
            column = signatures[:, band * ROWS + place].astype(np.uint64)
            total = _mixed(total + column + _PLACES[0])
        yield total


class NearCopies:
    """The passages of one side that are nearly copies of any of the other side.

    `asked` and `known` are the signatures of the two, `shingles` gives those of a passage of either
    by its row. Passages without a word are nobody's copies.
    """

    def __init__(
        self,
        asked: Values,
        known: Values,
        asked_shingles: Callable[[int], Array],
        known_shingles: Callable[[int], Array],
    ) -> None:
        self._asked, self._known = asked, known
        self._asked_shingles = asked_shingles
        self._known_shingles = lru_cache(maxsize=4096)(known_shingles)
        self._worded = (asked < NOTHING).any(axis=1)
        self.compared = 0
        """Pairs that were compared shingle by shingle."""
        self.cut = 0
        """Passages without a copy found whose alikes were too many to look at them all."""

    def find(self) -> NDArray[np.bool_]:
        """Return for each row of `asked` whether it is nearly a copy."""
        found = np.zeros(len(self._asked), bool)
        cut = np.zeros(len(self._asked), bool)
        for mine, band in zip(bands_of(self._asked), bands_of(self._known), strict=True):
            order = np.argsort(band, kind="stable")
            theirs = band[order]
            starts = np.searchsorted(theirs, mine, side="left")
            ends = np.searchsorted(theirs, mine, side="right")
            for row in np.flatnonzero((ends > starts) & ~found & self._worded):
                rows = order[starts[row] : ends[row]]
                found[row], whole = self._looked_at(int(row), rows)
                cut[row] |= not whole
        self.cut += int((cut & ~found).sum())
        return found

    def _looked_at(self, row: int, rows: NDArray[np.int64]) -> tuple[bool, bool]:
        """Say whether one of `rows` is nearly the same, and whether all that may be were seen."""
        some = rows[:LOOKED_UP_MOST]
        agreeing = (self._known[some] == self._asked[row]).sum(axis=1)
        likely = np.flatnonzero(agreeing >= AGREEING)
        best = likely[np.argsort(-agreeing[likely], kind="stable")][:COMPARED_MOST]
        own = self._asked_shingles(row) if len(best) else None
        for other in best:
            self.compared += 1
            if own is not None and share_of(own, self._known_shingles(int(some[other]))) >= SHARE:
                return True, True
        return False, len(some) == len(rows) and len(best) == len(likely)


def _mixed(values: Array) -> Array:
    """Spread numbers over all 64 bits (splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@lru_cache(maxsize=1 << 18)
def _number(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
