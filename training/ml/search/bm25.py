"""BM25 over a set of texts in memory: the lexical baseline of the evaluation.

What is a term is `tokens`' business, for this baseline and for pooling alike; `bm25_disk` has the
same formula and constants for corpora of any size.
"""

from collections.abc import Callable, Sequence
from typing import Final

import bm25s
import numpy as np
from numpy.typing import NDArray

VARIANT: Final = "lucene"
K1: Final = 1.5
B: Final = 0.75

Terms = Callable[[str], list[str]]
"""Cuts a text into its terms, repeats among them: `Tokens.terms`."""


class Bm25:
    """A BM25 index over `texts`, with the constants of this module.

    Source of the variants: Lù 2024, "BM25S", arXiv:2407.03618. Scores are non-negative floats;
    rows are positions in `texts`.
    """

    def __init__(self, texts: Sequence[str], terms: Terms) -> None:
        if not texts:
            raise ValueError("BM25 needs at least one text")
        self._size, self._terms = len(texts), terms
        self._index = bm25s.BM25(k1=K1, b=B, method=VARIANT)
        tokens = [terms(text) for text in texts]
        self._empty = not any(tokens)
        if not self._empty:
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score every text for one query; shape (len(texts),). No shared term scores 0."""
        terms = [] if self._empty else self._terms(query)
        known = [term for term in terms if term in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def top(self, query: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (row, score) with a shared term, best first, ties by row."""
        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(int(row), float(scores[row])) for row in order if scores[row] > 0]
