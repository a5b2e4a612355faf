"""The union of what several systems found, some queries at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.ml.search.corpus import Corpus
from training.ml.search.topk import TopK


class Found(NamedTuple):
    """A system ranks a passage for a query, both by id: 1 is the best."""

    system: str
    query: int
    passage: int
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """Findings for the queries from row `start` to `stop`, the last of which has id `last_query`.

    Per system: `proposed` pairs, `alone` those that no other system proposed, `answered` queries
    for which it found something. `pairs` counts each pair once, `shared` those that more than one
    system proposed, `empty` queries for which none found anything.
    """

    start: int
    stop: int
    last_query: int
    rows: list[Found]
    proposed: Mapping[str, int]
    alone: Mapping[str, int]
    answered: Mapping[str, int]
    pairs: int
    shared: int
    empty: int


def chunks_of(
    found: Mapping[str, TopK], passages: Corpus, queries: Corpus, *, start: int, size: int
) -> Iterator[Chunk]:
    """Yield what the systems found for `size` queries at a time, from row `start` on."""
    for first in range(start, len(queries), size):
        yield _chunk(found, passages, queries, first, min(first + size, len(queries)))


def rows_found(found: Mapping[str, TopK]) -> int:
    """Count the rows of the corpus that at least one system proposed for some query."""
    held = [np.unique(each.rows[each.rows >= 0]) for each in found.values()]
    return len(np.unique(np.concatenate(held))) if held else 0


def _chunk(
    found: Mapping[str, TopK], passages: Corpus, queries: Corpus, start: int, stop: int
) -> Chunk:
    keys = {name: _keys(each.rows[start:stop], len(passages)) for name, each in found.items()}
    pairs, times = np.unique(np.concatenate([*keys.values(), _NOTHING]), return_counts=True)
    shared = pairs[times > 1]
    answered = {name: each.rows[start:stop, 0] >= 0 for name, each in found.items()}
    some = np.any([*answered.values(), np.zeros(stop - start, dtype=bool)], axis=0)
    return Chunk(
        start=start,
        stop=stop,
        last_query=int(queries.ids[stop - 1]),
        rows=[
            Found(name, query, passage, rank, score)
            for name, each in found.items()
            for query, passage, rank, score in _listed(each, passages, queries, start, stop)
        ],
        proposed={name: len(own) for name, own in keys.items()},
        alone={name: len(own) - int(np.isin(own, shared).sum()) for name, own in keys.items()},
        answered={name: int(each.sum()) for name, each in answered.items()},
        pairs=len(pairs),
        shared=len(shared),
        empty=stop - start - int(some.sum()),
    )


_NOTHING = np.zeros(0, dtype=np.int64)


def _keys(rows: NDArray[np.int64], passages: int) -> NDArray[np.int64]:
    """Return a number for each pair of a query and a passage."""
    at, place = np.nonzero(rows >= 0)
    return at * passages + rows[at, place]


def _listed(
    found: TopK, passages: Corpus, queries: Corpus, start: int, stop: int
) -> Iterator[tuple[int, int, int, float]]:
    rows, scores = found.rows[start:stop], found.scores[start:stop]
    at, place = np.nonzero(rows >= 0)
    return zip(
        queries.ids[start + at].tolist(),
        passages.ids[rows[at, place]].tolist(),
        (place + 1).tolist(),
        scores[at, place].tolist(),
        strict=True,
    )
