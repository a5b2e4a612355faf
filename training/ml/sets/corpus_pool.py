"""Passages of a whole project, mined from disk: memory stays flat, whatever their number.

What is searched is a copy of the corpus, written once for a job (`corpus_copy`), so that every
attempt mines the same, and named by its digest.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.ml.data import Pair
from training.ml.search.bm25_disk import Bm25Disk
from training.ml.search.corpus import Corpus, corpus_write
from training.ml.search.tokens import Tokens
from training.ml.search.topk import TopK
from training.ml.search.vectors import Shards, vectors_top, vectors_write
from training.ml.sets.compiling import Origin
from training.ml.sets.pools import Asked, Encoders, Pooled, Ranked
from training.spec.sets import SetSpec

JUDGED: Final = 1_000  # of a query that a search may meet before it has found enough
HELD: Final = 4_096  # passages that are remembered

Progress = Callable[[int, int], None]


class Passages(Corpus):
    """A copy of a corpus on disk; its texts are what a search reads."""

    def texts(self, start: int, stop: int) -> list[str]:
        return [passage.read for passage in self.passages(start, stop)]

    def passages(self, start: int, stop: int) -> list[Pooled]:
        """Return the passages of these rows."""
        return [Pooled(*json.loads(row)) for row in super().texts(start, stop)]


def corpus_copy(folder: Path, passages: Iterable[tuple[str, str, str]]) -> None:
    """Write (id, title, text) as they come, unless an earlier attempt has done it."""
    rows = (json.dumps(each, ensure_ascii=False) for each in passages)
    corpus_write(folder, enumerate(rows))


def corpus_facts(folder: Path) -> dict[str, Any]:
    """Return how many passages a copy has, and the digest of them all, hexadecimal sha256."""
    with (folder / "texts").open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return {"passages": len(Corpus(folder)), "digest": digest}


class CorpusPool:
    """A copied corpus, searched for all training queries at once; it works in `folder`.

    Whoever goes on there finds what an earlier attempt has indexed, encoded and found.
    """

    def __init__(
        self,
        corpus: Path,
        folder: Path,
        queries: Mapping[str, Sequence[Pair]],
        spec: SetSpec,
        encoders: Encoders | None,
        *,
        language: str,
        progress: Progress,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._corpus, self._folder, self._encoders = Passages(corpus), folder, encoders
        self._number = {query_id: number for number, query_id in enumerate(queries)}
        texts = ((number, own[0].query) for number, own in enumerate(queries.values()))
        self._queries = corpus_write(folder / "queries", texts)
        judged = max(map(len, queries.values()), default=0)
        self._reach = spec.range_max + min(judged, JUDGED)
        self._passage = lru_cache(maxsize=HELD)(lambda row: self._corpus.passages(row, row + 1)[0])
        # Each search reads the corpus twice: once for its index, and once to find.
        self._progress, self._done = progress, 0
        self._total = 2 * len(self._corpus) * ((encoders is not None) + _lexical(spec))
        self._asked: Shards | None = None
        self._read: Shards | None = None
        self._found: dict[Origin, TopK] = {}
        if _lexical(spec):
            self._found["bm25"] = self._once("bm25", lambda: self._bm25(language))
        if encoders is not None:
            self._asked = vectors_write(folder / "asked", self._queries, encoders.query)
            self._read = vectors_write(
                folder / "vectors", self._corpus, encoders.passage, progress=self._told()
            )
        if spec.mine_negatives in ("bi-encoder", "both"):
            self._found["bi-encoder"] = self._once("bi-encoder", self._nearest)

    def __len__(self) -> int:
        return len(self._corpus)

    def passage(self, row: int) -> Pooled:
        return self._passage(row)

    def ask(self, own: Sequence[Pair]) -> Asked:
        return _AskedCorpus(self, own)

    def ranked(self, query_id: str, reach: int) -> Ranked:
        """Yield what each search has found for a query."""
        for origin, found in self._found.items():
            rows = found.rows[self._number[query_id], :reach]
            yield origin, rows[rows >= 0].tolist()

    def near(self, query_id: str, row: int) -> float | None:
        """Return the cosine of a query and a passage."""
        if self._asked is None or self._read is None:
            return None
        asked, read = _vector(self._asked, self._number[query_id]), _vector(self._read, row)
        return float(asked @ read)

    def answers(self, own: Sequence[Pair]) -> float | None:
        """Return the mean cosine of a query and its relevant passages, corpus or not."""
        texts = [Pooled(p.passage_id, p.title, p.text).read for p in own if p.relevant]
        if self._asked is None or self._encoders is None or not texts:
            return None
        asked = _vector(self._asked, self._number[own[0].query_id])
        return float((self._encoders.passage(texts) @ asked).mean())

    def _bm25(self, language: str) -> TopK:
        index = Bm25Disk(
            self._folder / "bm25",
            self._corpus,
            (text for block in self._queries.blocks() for text in block),
            Tokens(language),
            progress=self._told(),
        )
        return index.top(self._reach, progress=self._told())

    def _nearest(self) -> TopK:
        if self._asked is None or self._read is None:
            raise RuntimeError("the bi-encoder searches by vectors")
        return vectors_top(self._asked, self._read, self._reach, progress=self._told())

    def _once(self, name: str, search: Callable[[], TopK]) -> TopK:
        path = self._folder / f"{name}.npz"
        if not path.exists():
            search().save(path)
        return TopK.load(path)

    def _told(self) -> Progress:
        """Return what tells of one reading of the corpus, as a part of all of them."""
        before = self._done
        self._done += len(self._corpus)
        return lambda done, _total: self._progress(before + done, self._total)


class _AskedCorpus:
    def __init__(self, pool: CorpusPool, own: Sequence[Pair]) -> None:
        self._pool, self._own, self._query = pool, own, own[0].query_id

    def ranked(self, reach: int) -> Ranked:
        return self._pool.ranked(self._query, reach)

    def near(self, row: int) -> float | None:
        return self._pool.near(self._query, row)

    def answers(self) -> float | None:
        return self._pool.answers(self._own)


def _lexical(spec: SetSpec) -> bool:
    return spec.mine_negatives in ("bm25", "both")


def _vector(shards: Shards, row: int) -> NDArray[np.float32]:
    """Read one vector, without the rest of its shard."""
    number = row // shards.shard
    held: NDArray[Any] = np.load(shards.path(number), mmap_mode="r")
    found: NDArray[np.float32] = held[row - shards.bounds(number)[0]].astype(np.float32)
    return found
