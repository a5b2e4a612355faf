"""BM25 over a set of texts: the lexical baseline, and one half of candidate pooling."""

from collections.abc import Sequence
from typing import Final

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

VARIANT: Final = "lucene"
K1: Final = 1.5
B: Final = 0.75
LANGUAGE: Final = "english"
"""Of the stems (Snowball) and of the stop words."""
WORD_PATTERN: Final = r"(?u)\b\w\w+\b"
"""What is a word, after lower-casing."""


class Bm25:
    """A BM25 index over `texts`, with the constants of this module.

    Source of the variants: Lù 2024, "BM25S", arXiv:2407.03618. Scores are non-negative floats;
    rows are positions in `texts`.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts:
            raise ValueError("BM25 needs at least one text")
        self._size = len(texts)
        self._stemmer = Stemmer.Stemmer(LANGUAGE)
        self._index = bm25s.BM25(k1=K1, b=B, method=VARIANT)
        tokens = self._tokens(texts)
        self._empty = not any(tokens)
        if not self._empty:
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score every text for one query; shape (len(texts),). No shared term scores 0."""
        terms = [] if self._empty else self._tokens([query])[0]
        known = [term for term in terms if term in self._index.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def top(self, query: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (row, score) with a shared term, best first, ties by row."""
        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(int(row), float(scores[row])) for row in order if scores[row] > 0]

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        tokens: list[list[str]] = bm25s.tokenize(
            list(texts),
            lower=True,
            token_pattern=WORD_PATTERN,
            stopwords=LANGUAGE,
            stemmer=self._stemmer,
            return_ids=False,
            show_progress=False,
        )
        return tokens
