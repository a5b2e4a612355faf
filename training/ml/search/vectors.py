"""Vectors of a corpus on disk, in shards that survive a kill, and the exact best of them.

A shard is a float16 array in a file of its own that is there whole or not at all; whoever goes on
skips those that are there. Products are made in float32, block by block.
"""

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.ml.search.corpus import Corpus
from training.ml.search.topk import TopK, kth_best

SHARD: Final = 512  # texts: what a kill costs at most, and what progress is told by
TOGETHER: Final = 4  # shards of passages that are multiplied at once

Vectors = NDArray[np.float32]


class Shards:
    """The vectors of a corpus, shard by shard."""

    def __init__(self, folder: Path, size: int, *, shard: int = SHARD) -> None:
        self.size, self.shard = size, shard
        self._folder = folder

    def __len__(self) -> int:
        return ceil(self.size / self.shard)

    def path(self, number: int) -> Path:
        return self._folder / f"{number:05d}.npy"

    def bounds(self, number: int) -> tuple[int, int]:
        """Return the rows of a shard: the first, and the one after the last."""
        return number * self.shard, min((number + 1) * self.shard, self.size)

    def vectors(self, number: int) -> Vectors:
        """Read a shard; shape (rows, dimension)."""
        found: Vectors = np.load(self.path(number)).astype(np.float32)
        return found


def vectors_write(
    folder: Path,
    texts: Corpus,
    encode: Callable[[Sequence[str]], Vectors],
    *,
    shard: int = SHARD,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Shards:
    """Encode what has no vector yet and return all of them.

    `encode` gives vectors of length 1, one per text. At most one shard of texts and vectors is in
    memory.
    """
    folder.mkdir(exist_ok=True)
    shards = Shards(folder, len(texts), shard=shard)
    for number in range(len(shards)):
        path = shards.path(number)
        start, stop = shards.bounds(number)
        if not path.exists():
            vectors = encode(texts.texts(start, stop))
            part = path.with_suffix(".part.npy")
            np.save(part, vectors.astype(np.float16))
            part.replace(path)
        progress(stop, len(texts))
    return shards


def vectors_top(
    queries: Shards,
    passages: Shards,
    k: int,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> TopK:
    """Return the `k` passages of the largest inner product for each query, exactly.

    `progress` counts passages. In memory are one shard of queries, a few of passages, their
    products, and the best so far.
    """
    found = TopK(queries.size, k)
    for number in range(0, len(passages), TOGETHER):
        several = range(number, min(number + TOGETHER, len(passages)))
        first, last = passages.bounds(number)[0], passages.bounds(several[-1])[1]
        block = np.concatenate([passages.vectors(each) for each in several])
        for at in range(len(queries)):
            start, stop = queries.bounds(at)
            _merge_products(found, queries.vectors(at) @ block.T, start, stop, first)
        progress(last, passages.size)
    return found


def _merge_products(found: TopK, scores: Vectors, start: int, stop: int, first: int) -> None:
    floor = found.floor(start, stop)
    # Only the first block has to be cut line by line: later on few are better than what is there.
    better = scores > floor[:, None]
    if not np.isfinite(floor).all():
        better &= scores >= kth_best(scores, found.k)[:, None]
    at, rows = np.nonzero(better)
    found.merge(start, stop, at, rows + first, scores[at, rows])
