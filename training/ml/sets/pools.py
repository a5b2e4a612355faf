"""Where passages are mined from: the snapshot's own, searched in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.ml.data import Pair, Snapshot
from training.ml.search.bm25 import Bm25
from training.ml.search.tokens import Tokens
from training.ml.sets.compiling import Origin
from training.spec.sets import SetSpec

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1; shape (texts, dimension)."""

Ranked = Iterator[tuple[Origin, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Encoders:
    """How the bi-encoder reads a query and a passage."""

    query: Encode
    passage: Encode


@dataclass(frozen=True, slots=True)
class Pooled:
    """A passage that may be mined."""

    passage_id: str
    title: str
    text: str

    @property
    def read(self) -> str:
        """What a search reads of it."""
        return f"{self.title} {self.text}".strip()


class Asked(Protocol):
    """A training query, put to a pool."""

    def ranked(self, reach: int) -> Ranked:
        """Yield the rows that each search finds, best first, at most `reach` of each."""

    def near(self, row: int) -> float | None:
        """Return the cosine of the query and a passage; None without a bi-encoder."""

    def answers(self) -> float | None:
        """Return the mean cosine of the query and its relevant passages; None without either."""


class Pool(Protocol):
    """Passages by row, searched for training queries."""

    def __len__(self) -> int: ...

    def passage(self, row: int) -> Pooled:
        """Return the passage of a row."""

    def ask(self, own: Sequence[Pair]) -> Asked:
        """Put the query of these judged pairs to the pool."""


class SnapshotPool:
    """The passages of all splits of a snapshot: none is a secret, what is relevant to whom is.

    `encoders` may be None where neither the bi-encoder nor the margin is asked for.
    """

    def __init__(
        self, snapshot: Snapshot, spec: SetSpec, encoders: Encoders | None, language: str
    ) -> None:
        self.spec, self.encoders = spec, encoders
        passages = {pair.passage_id: pair for pairs in snapshot.splits.values() for pair in pairs}
        self._passages = [
            Pooled(name, passages[name].title, passages[name].text) for name in sorted(passages)
        ]
        self.row = {passage.passage_id: row for row, passage in enumerate(self._passages)}
        texts = [passage.read for passage in self._passages]
        lexical = spec.mine_negatives in ("bm25", "both")
        self.bm25 = Bm25(texts, Tokens(language).terms) if lexical else None
        self.vectors = None if encoders is None else encoders.passage(texts)

    def __len__(self) -> int:
        return len(self._passages)

    def passage(self, row: int) -> Pooled:
        return self._passages[row]

    def ask(self, own: Sequence[Pair]) -> Asked:
        return _AskedSnapshot(self, own)


class _AskedSnapshot:
    def __init__(self, pool: SnapshotPool, own: Sequence[Pair]) -> None:
        self._pool, self._own = pool, own
        self._near: NDArray[np.float32] | None = None
        if pool.encoders is not None and pool.vectors is not None:
            self._near = pool.vectors @ pool.encoders.query([own[0].query])[0]

    def ranked(self, reach: int) -> Ranked:
        if self._pool.bm25 is not None:
            yield "bm25", [row for row, _ in self._pool.bm25.top(self._own[0].query, reach)]
        if self._pool.spec.mine_negatives in ("bi-encoder", "both") and self._near is not None:
            yield "bi-encoder", np.argsort(-self._near, kind="stable")[:reach].tolist()

    def near(self, row: int) -> float | None:
        return None if self._near is None else float(self._near[row])

    def answers(self) -> float | None:
        rows: list[Any] = [self._pool.row[pair.passage_id] for pair in self._own if pair.relevant]
        if self._near is None or not rows:
            return None
        return float(self._near[rows].mean())


def drawn(pool: Pool, rng: np.random.Generator) -> Iterator[int]:
    """Yield the rows of a pool in an order drawn from `rng`, each once."""
    size = len(pool)
    if size <= 1 << 16:
        yield from rng.permutation(size).tolist()
        return
    # Of many rows a few are taken: they are drawn one by one, and all of them are never in memory.
    seen: set[int] = set()
    while len(seen) < size:
        row = int(rng.integers(size))
        if row not in seen:
            seen.add(row)
            yield row
