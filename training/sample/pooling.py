"""How the sample's candidates were pooled: the union of what BM25 and a bi-encoder find, in memory.

The sample's judgments cover these very pools, so its words are cut as they were then: plainly, and
in English. Projects are pooled by `training.process.pooling`, by language and with identifiers in
parts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import Stemmer
from bm25s.stopwords import STOPWORDS_EN
from numpy.typing import NDArray

from training.ml.models.names import BI_ENCODER, BM25
from training.ml.search.bm25 import Bm25

BLOCK_FLOATS: Final = 16_000_000  # 64 MB of scores at a time
_WORD: Final = re.compile(r"\b\w\w+\b")
_STEMMER: Final = Stemmer.Stemmer("english")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where one run ranked a passage: `rank` is 1-based, `score` the run's own."""

    run: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class PooledCandidate:
    """A passage (its row in the corpus) that at least one run proposed for a query."""

    row: int
    proposals: tuple[Proposal, ...]

    def rank(self, run: str) -> int | None:
        """Return the 1-based rank in `run`, None where that run did not propose the passage."""
        return next((it.rank for it in self.proposals if it.run == run), None)


def candidates_pool(
    queries: Sequence[str],
    texts: Sequence[str],
    *,
    query_vectors: NDArray[np.float32],
    passage_vectors: NDArray[np.float32],
    depth: int,
) -> list[list[PooledCandidate]]:
    """Pool the top `depth` of BM25 and of the bi-encoder for each query, each passage once.

    `query_vectors` has shape (len(queries), d), `passage_vectors` (len(texts), d), both of length
    1. One list per query, best first: by the better of a candidate's two ranks, then by the sum of
    its reciprocal ranks, then by row. BM25 proposes only passages that share a term with the query.
    Raises ValueError where the shapes do not fit.
    """
    if len(query_vectors) != len(queries) or len(passage_vectors) != len(texts):
        raise ValueError("one vector per query and per passage is needed")
    index = Bm25(texts, sample_terms)
    dense = dense_top(query_vectors, passage_vectors, depth)
    return [
        _union({BM25: index.top(query, depth), BI_ENCODER: found})
        for query, found in zip(queries, dense, strict=True)
    ]


def sample_terms(text: str) -> list[str]:
    """Return the stems of a text's words, two letters or more, without English stop words."""
    words = [word for word in _WORD.findall(text.lower()) if word not in STOPWORDS_EN]
    stems: list[str] = _STEMMER.stemWords(words)
    return stems


def dense_top(
    query_vectors: NDArray[np.float32],
    passage_vectors: NDArray[np.float32],
    k: int,
    *,
    block_floats: int = BLOCK_FLOATS,
) -> list[list[tuple[int, float]]]:
    """Return up to `k` (row, inner product) for each query, best first, ties by row.

    The products are made in blocks of queries, with at most about `block_floats` scores in memory
    at once (one query at a time where the corpus alone is larger). Raises ValueError where the
    dimensions differ or `k` is below 1.
    """
    if k < 1:
        raise ValueError("k must be at least 1")
    if len(query_vectors) and query_vectors.shape[1:] != passage_vectors.shape[1:]:
        raise ValueError("queries and passages have vectors of different dimensions")
    step = max(1, block_floats // max(1, len(passage_vectors)))
    found: list[list[tuple[int, float]]] = []
    for start in range(0, len(query_vectors), step):
        scores = query_vectors[start : start + step] @ passage_vectors.T
        found.extend(_best(row, k) for row in scores)
    return found


def _best(scores: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    rows = np.arange(len(scores))
    if k < len(scores):
        # Everything that ties with the k-th score stays in, so that the cut is by row.
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        rows = np.flatnonzero(scores >= cut)
    order = rows[np.argsort(-scores[rows], kind="stable")][:k]
    return [(int(row), float(scores[row])) for row in order]


def _union(runs: dict[str, list[tuple[int, float]]]) -> list[PooledCandidate]:
    proposals: dict[int, list[Proposal]] = {}
    for run, found in runs.items():
        for rank, (row, score) in enumerate(found, start=1):
            proposals.setdefault(row, []).append(Proposal(run, rank, score))
    pooled = [PooledCandidate(row, tuple(by_run)) for row, by_run in proposals.items()]
    return sorted(pooled, key=_pool_order)


def _pool_order(candidate: PooledCandidate) -> tuple[int, float, int]:
    ranks = [proposal.rank for proposal in candidate.proposals]
    return (min(ranks), -sum(1 / rank for rank in ranks), candidate.row)
