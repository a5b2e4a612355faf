"""BM25 for many queries over a corpus of any size: an index on disk, in blocks of passages.

Since the queries are known, only their terms are indexed. The formula is that of `bm25`, and a
posting's weight does not depend on the blocks, so that any size of block gives the same scores to
the last bit. Source of the variant: Lù 2024, "BM25S", arXiv:2407.03618.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training.ml.search.bm25 import K1, B
from training.ml.search.corpus import Corpus
from training.ml.search.tokens import Tokens
from training.ml.search.topk import TopK

PASSAGES: Final = 32_768  # of one block of the index
_PARTS: Final = ("ends", "passages", "counts")
QUERIES: Final = 128  # scored at once: at most 32 MiB of scores and rows with that many passages


class Bm25Disk:
    """An index of `passages` for `queries`, written to a folder while it is made.

    Memory: the terms of the queries, 4 bytes per passage, and one block.
    """

    def __init__(
        self,
        folder: Path,
        passages: Corpus,
        queries: Iterable[str],
        tokens: Tokens,
        *,
        block: int = PASSAGES,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self._block, self._size = folder, block, len(passages)
        self._terms: dict[str, int] = {}
        self._queries = self._matrix(queries, tokens)
        self._df = np.zeros(len(self._terms), dtype=np.int64)
        self._lengths = np.zeros(self._size, dtype=np.int32)
        for number, texts in enumerate(passages.blocks(block)):
            self._index(number, texts, tokens)
            progress(number * block + len(texts), self._size)

    def top(
        self, k: int, *, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> TopK:
        """Return up to `k` passages per query that share a term with it, best first."""
        found = TopK(self._queries.shape[0], k)
        norms = self._norms()
        for number, start in enumerate(range(0, self._size, self._block)):
            stop = min(start + self._block, self._size)
            self._search(self._weights(number, norms[start:stop]), start, found)
            progress(stop, self._size)
        return found

    def _matrix(self, queries: Iterable[str], tokens: Tokens) -> csr_matrix:
        """Number the queries' terms; return how often each query has which."""
        ends, columns = [0], array("i")
        for text in queries:
            for term in tokens.terms(text):
                columns.append(self._terms.setdefault(term, len(self._terms)))
            ends.append(len(columns))
        shape = (len(ends) - 1, len(self._terms))
        made = csr_matrix((np.ones(len(columns), dtype=np.float32), columns, ends), shape=shape)
        made.sum_duplicates()
        return made

    def _index(self, number: int, texts: Sequence[str], tokens: Tokens) -> None:
        """Write a block: for each term where its postings end, and their passages and counts."""
        first, known = number * self._block, self._terms
        terms, ends = array("q"), []
        for at, text in enumerate(texts, start=first):
            said = tokens.terms(text)
            self._lengths[at] = len(said)
            terms.extend(known[term] for term in said if term in known)
            ends.append(len(terms))
        passages = np.repeat(np.arange(len(texts)), np.diff(ends, prepend=0))
        keys = np.frombuffer(terms, dtype=np.int64) * self._block + passages
        found, counts = np.unique(keys, return_counts=True)
        postings = np.bincount(found // self._block, minlength=len(known))
        self._df += postings
        parts = (np.cumsum(postings), found % self._block, counts)
        for name, part in zip(_PARTS, parts, strict=True):
            np.save(self._file(number, name), part.astype(np.int32))

    def _norms(self) -> NDArray[np.float64]:
        """Return what a passage's length adds to the denominator of its weights."""
        mean = self._lengths.mean() if self._size else 0.0
        return K1 * (1 - B + B * self._lengths / (mean or 1.0))

    def _weights(self, number: int, norms: NDArray[np.float64]) -> csr_matrix:
        """Return what each term is worth in a block's passages; shape (terms, passages)."""
        ends, passages, counts = (np.load(self._file(number, name)) for name in _PARTS)
        rarity = np.log1p((self._size - self._df + 0.5) / (self._df + 0.5))
        worth = np.repeat(rarity, np.diff(ends, prepend=0)) * counts / (counts + norms[passages])
        bounds = np.concatenate([[0], ends])
        shape = (len(ends), len(norms))
        return csr_matrix((worth.astype(np.float32), passages, bounds), shape=shape)

    def _search(self, weights: csr_matrix, first: int, found: TopK) -> None:
        for start in range(0, self._queries.shape[0], QUERIES):
            stop = min(start + QUERIES, self._queries.shape[0])
            scores = self._queries[start:stop] @ weights
            at, rows, best = _better(scores, found.floor(start, stop), found.k)
            found.merge(start, stop, at, rows + first, best)

    def _file(self, number: int, name: str) -> Path:
        return self._folder / f"{number:05d}-{name}.npy"


def _better(
    scores: csr_matrix, floor: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pick what beats each query's floor; of many only those that may be among its best k."""
    kept_at, kept_rows, kept = [], [], []
    for at in range(scores.shape[0]):
        begin, end = scores.indptr[at], scores.indptr[at + 1]
        values, rows = scores.data[begin:end], scores.indices[begin:end]
        better = values > floor[at]
        values, rows = values[better], rows[better]
        if len(values) > k:
            # What ties with the k-th stays in, so that the cut is by row.
            best = values >= np.partition(values, len(values) - k)[len(values) - k]
            values, rows = values[best], rows[best]
        kept_at.append(np.full(len(values), at, dtype=np.int64))
        kept_rows.append(rows.astype(np.int64))
        kept.append(values)
    return np.concatenate(kept_at), np.concatenate(kept_rows), np.concatenate(kept)
