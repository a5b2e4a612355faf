"""Hard negatives: passages that look like answers, were not judged, and probably are none.

What is mined are the snapshot's own passages, for queries of the training split alone. Passages of
the other splits may be among them: a passage is no secret, what is relevant to whom is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.ml.data import Pair, Snapshot
from training.ml.search.bm25 import Bm25
from training.ml.search.languages import DEFAULT
from training.ml.search.tokens import Tokens
from training.ml.sets.compiling import Example, Origin, by_query, missing_of
from training.ml.sets.likeness import Likeness
from training.spec.sets import SetSpec

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1; shape (texts, dimension)."""

Progress = Callable[[int, int], None]
_IN_TURN: Final[tuple[Origin, ...]] = ("bm25", "bi-encoder")


@dataclass(frozen=True, slots=True)
class Encoders:
    """How the bi-encoder reads a query and a passage."""

    query: Encode
    passage: Encode


@dataclass(frozen=True, slots=True)
class Mined:
    """What was found for each query, hard ones best first and then drawn ones.

    Counted is what was left out as probably relevant: `too_close` to the query by the bi-encoder,
    `alike` to a relevant passage, or the text of any that was judged.
    """

    examples: Mapping[str, Sequence[Example]]
    too_close: int
    alike: int


def negatives_mine(
    snapshot: Snapshot,
    spec: SetSpec,
    encoders: Encoders | None,
    *,
    seed: int,
    language: str = DEFAULT,
    progress: Progress = lambda _done, _total: None,
) -> Mined:
    """Look for passages for each training query that has a relevant one.

    `encoders` may be None where neither the bi-encoder nor the margin is asked for. Deterministic.
    """
    mine = _Mine(snapshot, spec, encoders, language)
    found: dict[str, list[Example]] = {}
    queries = by_query(snapshot.splits["train"])
    for done, (query_id, own) in enumerate(queries.items(), start=1):
        if any(pair.relevant for pair in own):
            rng = np.random.default_rng([seed, 6, done])
            found[query_id] = [*mine.hard(own, rng), *mine.drawn(own, rng)]
        progress(done, len(queries))
    return Mined(found, mine.too_close, mine.alike)


class _Mine:
    """The snapshot's passages, ready to be searched."""

    def __init__(
        self, snapshot: Snapshot, spec: SetSpec, encoders: Encoders | None, language: str
    ) -> None:
        self._spec = spec
        self.too_close = self.alike = 0
        passages = {pair.passage_id: pair for pairs in snapshot.splits.values() for pair in pairs}
        self._passages = [passages[name] for name in sorted(passages)]
        self._row = {pair.passage_id: row for row, pair in enumerate(self._passages)}
        texts = [_text(pair) for pair in self._passages]
        self._texts = texts
        self._likeness = Likeness(texts)
        lexical = spec.mine_negatives in ("bm25", "both")
        self._bm25 = Bm25(texts, Tokens(language).terms) if lexical else None
        self._encoders = encoders
        self._vectors = None if encoders is None else encoders.passage(texts)

    def hard(self, own: Sequence[Pair], rng: np.random.Generator) -> list[Example]:
        """Return as many as the query lacks: what both searches rank high, in turns."""
        wanted = missing_of(own, self._spec)
        if not wanted or self._spec.mine_negatives == "none":
            return []
        near = self._near(own[0].query)
        found = self._in_turns(dict(self._ranked(own, near)))
        if self._spec.sampling_strategy == "random":
            found = [found[place] for place in rng.permutation(len(found))]
        kept = self._kept(own, near)
        taken = ((row, origin) for row, origin in found if kept(row))
        return [self._example(own[0], row, origin) for row, origin in islice(taken, wanted)]

    def _in_turns(self, ranked: Mapping[Origin, Sequence[int]]) -> list[tuple[int, Origin]]:
        """Return each row once, under the search that ranks it higher."""
        found: dict[int, Origin] = {}
        for place in range(self._spec.range_max):
            for origin in _IN_TURN:
                rows = ranked.get(origin, ())
                if place < len(rows):
                    found.setdefault(rows[place], origin)
        return list(found.items())

    def drawn(self, own: Sequence[Pair], rng: np.random.Generator) -> Iterator[Example]:
        """Yield passages at random, none of which was judged or is alike."""
        wanted = self._spec.random_negatives * sum(pair.relevant for pair in own)
        if not wanted:
            return
        kept = self._kept(own, None)
        for row in rng.permutation(len(self._passages)).tolist():
            if wanted and kept(row):
                wanted -= 1
                yield self._example(own[0], row, "random")

    def _near(self, query: str) -> NDArray[np.float32] | None:
        if self._encoders is None or self._vectors is None:
            return None
        near: NDArray[np.float32] = self._vectors @ self._encoders.query([query])[0]
        return near

    def _ranked(
        self, own: Sequence[Pair], near: NDArray[np.float32] | None
    ) -> Iterator[tuple[Origin, list[int]]]:
        """Yield what each search ranks from `range_min` to `range_max`, judged passages aside."""
        spec, judged = self._spec, {self._row[pair.passage_id] for pair in own}
        reach = spec.range_max + len(judged)
        found: list[tuple[Origin, list[int]]] = []
        if self._bm25 is not None:
            found.append(("bm25", [row for row, _ in self._bm25.top(own[0].query, reach)]))
        if spec.mine_negatives in ("bi-encoder", "both") and near is not None:
            found.append(("bi-encoder", np.argsort(-near, kind="stable")[:reach].tolist()))
        for origin, rows in found:
            unjudged = [row for row in rows if row not in judged]
            yield origin, unjudged[spec.range_min : spec.range_max]

    def _kept(self, own: Sequence[Pair], near: NDArray[np.float32] | None) -> Callable[[int], bool]:
        """Return what says whether a row may be a negative of this query."""
        judged = {self._row[pair.passage_id] for pair in own}
        relevant = [self._row[pair.passage_id] for pair in own if pair.relevant]
        wordings = {self._texts[row] for row in judged}
        limit = np.inf
        if near is not None and self._spec.relative_margin is not None:
            mean = float(near[relevant].mean())
            limit = mean - abs(mean) * self._spec.relative_margin

        def kept(row: int) -> bool:
            if row in judged:
                return False
            if near is not None and near[row] > limit:
                self.too_close += 1
                return False
            # The same text under another id was judged as well.
            if self._texts[row] in wordings or any(
                self._likeness.alike(row, other) for other in relevant
            ):
                self.alike += 1
                return False
            return True

        return kept

    def _example(self, query: Pair, row: int, origin: Origin) -> Example:
        return Example(_unjudged(query, self._passages[row]), origin)


def mined_written(mined: Mined) -> dict[str, Any]:
    """Return what was mined as ids, JSON-able."""
    examples = {
        query_id: [[example.pair.passage_id, example.origin] for example in own]
        for query_id, own in mined.examples.items()
    }
    return {"examples": examples, "too_close": mined.too_close, "alike": mined.alike}


def mined_read(written: Mapping[str, Any], snapshot: Snapshot) -> Mined:
    """Return what `mined_written` wrote of the same snapshot."""
    passages = {pair.passage_id: pair for pairs in snapshot.splits.values() for pair in pairs}
    queries = {pair.query_id: pair for pair in snapshot.splits["train"]}
    examples = {
        query_id: [
            Example(_unjudged(queries[query_id], passages[name]), origin) for name, origin in own
        ]
        for query_id, own in written["examples"].items()
    }
    return Mined(examples, written["too_close"], written["alike"])


def _unjudged(query: Pair, passage: Pair) -> Pair:
    """Return a passage as a candidate of a query that is not relevant to it."""
    return replace(
        passage,
        query_id=query.query_id,
        query=query.query,
        grade=0.0,
        gain=0.0,
        target=0.0,
        relevant=False,
        rank=None,
        score=None,
    )


def _text(pair: Pair) -> str:
    return f"{pair.title} {pair.text}".strip()
