"""nDCG@10 on parts of the test queries: by their length, their labels, what was agreed on."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from training.ml.data import Pair
from training.ml.measures.evaluation import PerQuery
from training.ml.measures.intervals import Floats, bootstrap, interval
from training.ml.measures.made import MadeSlice
from training.ml.measures.power import HEADLINE

FEWEST: Final = 5
"""Queries of a slice that an interval is given for at least."""
MADE: Final = "made"
"""The kind of the slices that the team has made."""
MOST: Final = 12
"""Slices of one kind at most: more of them are shown in nobody's table."""


@dataclass(frozen=True, slots=True)
class SliceFigure:
    """A system's mean nDCG@10 over the queries of a slice, with its 95% interval."""

    system: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Slice:
    """The queries of one value of a kind: how many, with how many pairs and relevant ones."""

    name: str
    queries: int
    pairs: int
    positives: int
    figures: tuple[SliceFigure, ...]


Queries = Mapping[str, Sequence[Pair]]
"""Query id -> its pairs."""


def slices_of(
    pairs: Sequence[Pair],
    per_query: PerQuery,
    *,
    made: Sequence[MadeSlice] = (),
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return every kind of slice that tells queries apart, as `{kind, slices}`, JSON-able.

    Slices of `query_length` are thirds by the number of words; those of `labels` and `agreement`
    come from who judged a query's pairs, and those of `about:KEY` from the query's own metadata.
    A kind with one value for all queries is left out. A slice of fewer than FEWEST queries has no
    intervals. Those `made` by the team stand before all others, each of them also where it holds
    no query, with its conditions and, as `members`, the places of its queries among the sorted ids
    of all: an id would outlive the erasure of what it names.
    """
    queries: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        queries[pair.query_id].append(pair)
    found: list[dict[str, Any]] = []
    if made:
        told = [_made(each, queries, per_query, seed) for each in made]
        found.append({"kind": MADE, "slices": told})
    for kind, named in _kinds(queries):
        groups = _grouped(queries, named)
        if 1 < len(groups) <= MOST:
            slices = [_slice(name, ids, queries, per_query, seed) for name, ids in groups.items()]
            found.append({"kind": kind, "slices": [asdict(each) for each in slices]})
    return found


def _kinds(queries: Queries) -> list[tuple[str, Callable[[Sequence[Pair]], str | None]]]:
    keys = sorted({key for own in queries.values() for key in (own[0].query_metadata or {})})
    about = [(f"about:{key}", _about(key)) for key in keys]
    return [
        ("query_length", _by_length(queries)),
        ("labels", _by_labels),
        ("agreement", _by_agreement),
        *about,
    ]


def _by_length(queries: Queries) -> Callable[[Sequence[Pair]], str | None]:
    words = sorted(_words(own) for own in queries.values())
    # Queries of one length stay together, so that thirds are thirds as far as lengths allow.
    ends = sorted({words[(len(words) - 1) * part // 3] for part in (1, 2, 3)})
    parts = [[count for count in words if low < count <= high]
             for low, high in pairwise([-1, *ends])]  # fmt: skip
    names = {count: _range(part[0], part[-1]) for part in parts for count in part}
    return lambda own: names[_words(own)]


def _by_labels(own: Sequence[Pair]) -> str | None:
    people, imported = (any(getattr(p, by) for p in own) for by in ("people", "imported"))
    if people and imported:
        return "judged here and imported"
    return "judged here" if people else "imported" if imported else None


def _by_agreement(own: Sequence[Pair]) -> str | None:
    said = {pair.agreed for pair in own} - {None}
    if not said:
        return None
    return "judges disagreed on a passage" if False in said else "judges agreed on every passage"


def _about(key: str) -> Callable[[Sequence[Pair]], str | None]:
    return lambda own: (own[0].query_metadata or {}).get(key)


def _grouped(
    queries: Queries, named: Callable[[Sequence[Pair]], str | None]
) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for query_id, own in queries.items():
        name = named(own)
        if name is not None:
            groups[name].append(query_id)
    order = sorted(groups, key=lambda name: (_first_number(name), name))
    return {name: groups[name] for name in order}


def _slice(
    name: str, ids: Sequence[str], queries: Queries, per_query: PerQuery, seed: int
) -> Slice:
    own = [pair for query_id in ids for pair in queries[query_id]]
    figures = []
    for system, values in per_query.items():
        column = np.array([values[query_id][HEADLINE] for query_id in ids], dtype=np.float64)
        low, high = _interval(column, seed)
        figures.append(SliceFigure(system, float(column.mean()), low, high))
    return Slice(name, len(ids), len(own), sum(pair.relevant for pair in own), tuple(figures))


def _made(made: MadeSlice, queries: Queries, per_query: PerQuery, seed: int) -> dict[str, Any]:
    places = {query_id: place for place, query_id in enumerate(sorted(queries))}
    ids = sorted(made.members & places.keys())
    held = Slice(made.name, 0, 0, 0, ())
    if ids:
        held = _slice(made.name, ids, queries, per_query, seed)
    return {
        **asdict(held),
        "said": made.said,
        "conditions": dict(made.conditions),
        "members": [places[query_id] for query_id in ids],
    }


def _interval(values: Floats, seed: int) -> tuple[float | None, float | None]:
    n = len(values)
    if n < FEWEST:
        return None, None
    sampled = bootstrap(n, lambda weights: (weights @ values / n)[:, None], seed=seed)
    return interval(sampled[:, 0], n) or (None, None)


def _words(own: Sequence[Pair]) -> int:
    return len(own[0].query.split())


def _range(low: int, high: int) -> str:
    if low == high:
        return f"{low} word{'' if low == 1 else 's'}"
    return f"{low} to {high} words"


def _first_number(name: str) -> float:
    head = name.split(" ", 1)[0]
    return float(head) if head.isdecimal() else float("inf")
