"""The best k of what comes block by block, for many queries at once."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


class TopK:
    """The best `k` rows of each query so far; ties go to the lower row.

    `rows` and `scores` have shape (queries, k), best first; a place without a row holds -1 and
    minus infinity. Memory: 12 bytes per query and place. Blocks come in the order of their rows.
    """

    def __init__(self, queries: int, k: int) -> None:
        if k < 1:
            raise ValueError("k must be at least 1")
        self.k = k
        self.rows: Rows = np.full((queries, k), -1, dtype=np.int64)
        self.scores: Scores = np.full((queries, k), -np.inf, dtype=np.float32)

    def floor(self, start: int, stop: int) -> Scores:
        """Return what a score must exceed to come in; shape (stop - start,)."""
        return self.scores[start:stop, -1]

    def merge(self, start: int, stop: int, at: Rows, rows: Rows, scores: Scores) -> None:
        """Take findings for the queries from `start` to `stop`.

        The three arrays have one length: the query as a number from `start`, its row, its score.
        """
        held = self.rows[start:stop] >= 0
        queries = np.concatenate([np.nonzero(held)[0], at])
        rows = np.concatenate([self.rows[start:stop][held], rows])
        scores = np.concatenate([self.scores[start:stop][held], scores])
        order = np.lexsort((rows, -scores, queries))
        queries, rows, scores = queries[order], rows[order], scores[order]
        first = np.searchsorted(queries, np.arange(stop - start))
        place = np.arange(len(queries)) - first[queries]
        kept = place < self.k
        self.rows[start + queries[kept], place[kept]] = rows[kept]
        self.scores[start + queries[kept], place[kept]] = scores[kept]

    def save(self, path: Path) -> None:
        """Write the state to an .npz file that is there whole or not at all."""
        part = path.with_suffix(".part.npz")
        np.savez(part, rows=self.rows, scores=self.scores)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "TopK":
        """Read what `save` wrote."""
        with np.load(path) as stored:
            found = cls(0, stored["rows"].shape[1])
            found.rows, found.scores = stored["rows"], stored["scores"]
        return found


def kth_best(scores: Scores, k: int) -> Scores:
    """Return the k-th best of each line, minus infinity where a line has fewer; shape (lines,)."""
    size = scores.shape[1]
    if size <= k:
        return np.full(len(scores), -np.inf, dtype=np.float32)
    return np.partition(scores, size - k, axis=1)[:, size - k]
