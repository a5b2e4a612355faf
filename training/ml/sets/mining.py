"""Hard negatives: passages that look like answers, were not judged, and probably are none.

They are mined for queries of the training split alone. What looks so much like an answer that it
probably is one is no negative; it is kept aside, for people to judge.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import numpy as np

from training.ml.data import Pair, Snapshot
from training.ml.search.languages import DEFAULT
from training.ml.sets.compiling import Example, Origin, by_query, missing_of
from training.ml.sets.likely import Likely, Why
from training.ml.sets.likeness import Likeness
from training.ml.sets.pools import Asked, Encoders, Pool, Pooled, SnapshotPool, drawn
from training.spec.sets import SetSpec

Progress = Callable[[int, int], None]
LIKELY: Final = 10  # of a query that are kept aside, at most
_IN_TURN: Final[tuple[Origin, ...]] = ("bm25", "bi-encoder")


Judged = Mapping[str, Collection[str]]
"""Query id -> ids of passages with a grade that the snapshot does not have."""
NOBODY: Final[Judged] = {}


@dataclass(frozen=True, slots=True)
class Mined:
    """What was found for each query, hard ones best first and then drawn ones.

    Counted is what was left out as probably relevant: `too_close` to the query by the bi-encoder,
    `alike` to a relevant passage, or the text of any that was judged. `likely` are the best of
    them, without what was judged. `corpus` names what was searched, where it is more than the
    snapshot's own passages: passages, digest.
    """

    examples: Mapping[str, Sequence[Example]]
    too_close: int
    alike: int
    likely: Mapping[str, Sequence[Likely]] = field(default_factory=dict)
    corpus: Mapping[str, Any] | None = None


def negatives_mine(
    snapshot: Snapshot,
    spec: SetSpec,
    encoders: Encoders | None,
    *,
    seed: int,
    language: str = DEFAULT,
    pool: Pool | None = None,
    judged: Judged = NOBODY,
    progress: Progress = lambda _done, _total: None,
) -> Mined:
    """Look for passages for each training query that has a relevant one.

    `pool` is searched, by default the snapshot's own passages; `encoders` may be None where neither
    the bi-encoder nor the margin is asked for. `judged` passages are left out beside those of the
    snapshot. Deterministic.
    """
    mine = _Mine(pool or SnapshotPool(snapshot, spec, encoders, language), spec)
    found: dict[str, list[Example]] = {}
    likely: dict[str, Sequence[Likely]] = {}
    queries = by_query(snapshot.splits["train"])
    for done, (query_id, own) in enumerate(queries.items(), start=1):
        if any(pair.relevant for pair in own):
            rng = np.random.default_rng([seed, 6, done])
            one = _OfQuery(mine, own, judged.get(query_id, ()))
            found[query_id] = [*one.hard(rng), *one.drawn(rng)]
            if one.likely:
                likely[query_id] = one.likely[:LIKELY]
        progress(done, len(queries))
    return Mined(found, mine.too_close, mine.alike, likely)


class _Mine:
    """What is searched, and what was left out so far."""

    def __init__(self, pool: Pool, spec: SetSpec) -> None:
        self.pool, self.spec, self.likeness = pool, spec, Likeness()
        self.too_close = self.alike = 0


class _OfQuery:
    """One query with its judged pairs, and the passages that were judged besides."""

    def __init__(self, mine: _Mine, own: Sequence[Pair], besides: Collection[str]) -> None:
        self._mine, self._own = mine, own
        self._asked: Asked = mine.pool.ask(own)
        self._judged = {*besides, *(pair.passage_id for pair in own)}
        self._wordings = {_read(pair) for pair in own}
        self._relevant = [_read(pair) for pair in own if pair.relevant]
        margin, mean = mine.spec.relative_margin, self._asked.answers()
        self._limit = np.inf if margin is None or mean is None else mean - abs(mean) * margin
        self.likely: list[Likely] = []

    def hard(self, rng: np.random.Generator) -> list[Example]:
        """Return as many as the query lacks: what both searches rank high, in turns."""
        spec = self._mine.spec
        wanted = missing_of(self._own, spec)
        if not wanted or spec.mine_negatives == "none":
            return []
        found = self._in_turns(dict(self._ranked()))
        if spec.sampling_strategy == "random":
            found = [found[place] for place in rng.permutation(len(found))]
        taken = (
            self._example(row, origin) for row, origin in found if self._kept(row, self._limit)
        )
        return list(islice(taken, wanted))

    def drawn(self, rng: np.random.Generator) -> Iterator[Example]:
        """Yield passages at random, none of which was judged or is alike."""
        wanted = self._mine.spec.random_negatives * sum(pair.relevant for pair in self._own)
        if wanted:
            rows = (row for row in drawn(self._mine.pool, rng) if self._kept(row, np.inf))
            aside = {each.pair.passage_id for each in self.likely}
            found = (self._example(row, "random") for row in rows)
            yield from islice((e for e in found if e.pair.passage_id not in aside), wanted)

    def _in_turns(self, ranked: Mapping[Origin, Sequence[int]]) -> list[tuple[int, Origin]]:
        """Return each row once, under the search that ranks it higher."""
        found: dict[int, Origin] = {}
        for place in range(self._mine.spec.range_max):
            for origin in _IN_TURN:
                rows = ranked.get(origin, ())
                if place < len(rows):
                    found.setdefault(rows[place], origin)
        return list(found.items())

    def _ranked(self) -> Iterator[tuple[Origin, list[int]]]:
        """Yield what each search ranks from `range_min` to `range_max`, judged passages aside."""
        spec, pool = self._mine.spec, self._mine.pool
        for origin, rows in self._asked.ranked(spec.range_max + len(self._judged)):
            unjudged = [row for row in rows if pool.passage(row).passage_id not in self._judged]
            yield origin, unjudged[spec.range_min : spec.range_max]

    def _kept(self, row: int, limit: float) -> bool:
        """Say whether a row may be a negative of this query; keep what is likely none aside."""
        passage = self._mine.pool.passage(row)
        if passage.passage_id in self._judged:
            return False
        near = self._asked.near(row)
        # The same text under another id was judged as well.
        known = passage.read in self._wordings
        if near is not None and near > limit:
            self._mine.too_close += 1
            self._aside(passage, None if known else "close", near)
            return False
        alike = not known and any(
            self._mine.likeness.alike(passage.read, other) for other in self._relevant
        )
        if known or alike:
            self._mine.alike += 1
            self._aside(passage, "alike" if alike else None, near)
        return not known and not alike

    def _aside(self, passage: Pooled, why: Why | None, near: float | None) -> None:
        held = {each.pair.passage_id for each in self.likely}
        if why is not None and passage.passage_id not in held:
            self.likely.append(Likely(_unjudged(self._own[0], passage), why, near))

    def _example(self, row: int, origin: Origin) -> Example:
        return Example(_unjudged(self._own[0], self._mine.pool.passage(row)), origin)


def mined_written(mined: Mined) -> dict[str, Any]:
    """Return what was mined with its texts, JSON-able."""
    found = [each.pair for own in mined.examples.values() for each in own]
    found += [each.pair for own in mined.likely.values() for each in own]
    examples = {
        query_id: [[example.pair.passage_id, example.origin] for example in own]
        for query_id, own in mined.examples.items()
    }
    likely = {
        query_id: [[each.pair.passage_id, each.why, each.near] for each in own]
        for query_id, own in mined.likely.items()
    }
    return {
        "passages": {pair.passage_id: [pair.title, pair.text] for pair in found},
        "examples": examples,
        "likely": likely,
        "too_close": mined.too_close,
        "alike": mined.alike,
        "corpus": mined.corpus and dict(mined.corpus),
    }


def mined_read(written: Mapping[str, Any], snapshot: Snapshot) -> Mined:
    """Return what `mined_written` wrote of queries of the same snapshot."""
    passages = {name: Pooled(name, *texts) for name, texts in written["passages"].items()}
    queries = {pair.query_id: pair for pair in snapshot.splits["train"]}

    def made(query_id: str, name: str) -> Pair:
        return _unjudged(queries[query_id], passages[name])

    examples = {
        query_id: [Example(made(query_id, name), origin) for name, origin in own]
        for query_id, own in written["examples"].items()
    }
    likely = {
        query_id: [Likely(made(query_id, name), why, near) for name, why, near in own]
        for query_id, own in written["likely"].items()
    }
    counts = written["too_close"], written["alike"]
    return Mined(examples, *counts, likely, written["corpus"])


def _unjudged(query: Pair, passage: Pooled) -> Pair:
    """Return a passage as a candidate of a query that is not relevant to it."""
    return Pair(
        query_id=query.query_id,
        query=query.query,
        passage_id=passage.passage_id,
        title=passage.title,
        text=passage.text,
        grade=0.0,
        gain=0.0,
        target=0.0,
        relevant=False,
    )


def _read(pair: Pair) -> str:
    return Pooled(pair.passage_id, pair.title, pair.text).read
