"""Judged pairs as columns, and a system's scores laid beside them in one defined order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, pairwise
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from training.ml.data import Pair

SystemScores = Mapping[str, Mapping[str, float]]
"""Query id -> passage id -> score; higher is better."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The judged pairs, sorted by query and passage id, so that input order changes nothing.

    `query_ids` has one entry per query (Q of them) and `passage_ids` that query's passages. The
    arrays have one entry per pair (N): `query` is the row in `query_ids`, `gain` the nDCG gain,
    `relevant` the binary label and `tie` the pair's place among equal scores.
    """

    query_ids: tuple[str, ...]
    passage_ids: tuple[tuple[str, ...], ...]
    query: NDArray[np.int64]
    gain: NDArray[np.float64]
    relevant: NDArray[np.bool_]
    tie: NDArray[np.uint64]

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each query; shape (Q,)."""
        return np.searchsorted(self.query, np.arange(len(self.query_ids))).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Aligned:
    """One system's scores beside the judged pairs.

    `scores` has one float per judged pair, -inf where the system gave none. `ranking` holds, per
    query, names of its scored passages, best first: the position within `passage_ids`, or `u` and
    a number for a passage that nobody judged; `unjudged` counts those. `notes` says in words what
    did not match.
    """

    scores: NDArray[np.float64]
    ranking: tuple[list[str], ...]
    unjudged: int
    notes: tuple[str, ...]


def judged_build(pairs: Sequence[Pair], *, seed: int = 0) -> Judged:
    """Lay the pairs out as columns.

    Raises ValueError where there is no pair, a pair occurs twice, or a gain is negative or not
    finite.
    """
    if not pairs:
        raise ValueError("there is no judged pair to evaluate on")
    rows = sorted(pairs, key=attrgetter("query_id", "passage_id"))
    groups = [(key, list(group)) for key, group in groupby(rows, attrgetter("query_id"))]
    passage_ids = tuple(tuple(pair.passage_id for pair in group) for _, group in groups)
    for (query_id, _), names in zip(groups, passage_ids, strict=True):
        if len(set(names)) < len(names):
            twice = next(a for a, b in pairwise(names) if a == b)
            raise ValueError(f"query {query_id!r}, passage {twice!r} occurs more than once")
    gain = np.array([pair.gain for pair in rows], dtype=np.float64)
    if not (np.isfinite(gain) & (gain >= 0)).all():
        worst = rows[int(np.argmin(np.isfinite(gain) & (gain >= 0)))]
        raise ValueError(
            f"query {worst.query_id!r}, passage {worst.passage_id!r} has the gain {worst.gain}; "
            "gains are finite and not negative"
        )
    return Judged(
        query_ids=tuple(key for key, _ in groups),
        passage_ids=passage_ids,
        query=np.repeat(np.arange(len(groups)), [len(names) for names in passage_ids]),
        gain=gain,
        relevant=np.array([pair.relevant for pair in rows], dtype=np.bool_),
        tie=_ties(
            [(key, names) for (key, _), names in zip(groups, passage_ids, strict=True)], seed
        ),
    )


def align(judged: Judged, system: str, scores: SystemScores, *, seed: int = 0) -> Aligned:
    """Lay a system's scores beside the judged pairs and rank them.

    Equal scores are ordered by a seeded hash of query and passage id: the same for every system,
    the same in every run, and blind to labels, to the input's order and to how ids sort. A passage
    that the system did not score is not ranked; one that nobody judged is ranked, as not relevant.
    Raises ValueError for a score that is not finite.
    """
    _refuse_not_finite(system, scores)
    values: list[float] = []
    unjudged: list[tuple[str, list[str]]] = []
    for query_id, names in zip(judged.query_ids, judged.passage_ids, strict=True):
        run = scores.get(query_id, {})
        row = [float(run.get(name, -np.inf)) for name in names]
        values += row
        extra = len(run) > len(row) - row.count(-np.inf)
        unjudged.append((query_id, sorted(run.keys() - set(names)) if extra else []))
    aligned = np.array(values, dtype=np.float64)
    return Aligned(
        scores=aligned,
        ranking=_ranking(judged, aligned, unjudged, scores, seed),
        unjudged=sum(len(names) for _, names in unjudged),
        notes=_notes(judged, system, aligned, unjudged, scores),
    )


def _ranking(
    judged: Judged,
    aligned: NDArray[np.float64],
    unjudged: list[tuple[str, list[str]]],
    scores: SystemScores,
    seed: int,
) -> tuple[list[str], ...]:
    extra = [
        (row, scores[query_id][name], f"u{number}")
        for row, (query_id, names) in enumerate(unjudged)
        for number, name in enumerate(names)
    ]
    scored = np.isfinite(aligned)
    position = np.arange(len(judged.query)) - judged.starts[judged.query]
    names = [str(place) for place in position[scored].tolist()] + [name for _, _, name in extra]
    query = np.append(judged.query[scored], np.array([row for row, _, _ in extra], dtype=np.int64))
    value = np.append(aligned[scored], np.array([score for _, score, _ in extra], dtype=np.float64))
    tie = np.append(judged.tie[scored], _ties(unjudged, seed))
    order = np.lexsort((tie, -value, query))
    ranked = [names[row] for row in order.tolist()]
    bounds = np.searchsorted(query[order], np.arange(len(judged.query_ids) + 1)).tolist()
    return tuple(ranked[start:end] for start, end in pairwise(bounds))


def _notes(
    judged: Judged,
    system: str,
    aligned: NDArray[np.float64],
    unjudged: list[tuple[str, list[str]]],
    scores: SystemScores,
) -> tuple[str, ...]:
    absent = sum(not scores.get(query_id) for query_id in judged.query_ids)
    missing = int((~np.isfinite(aligned)).sum())
    extra = sum(len(names) for _, names in unjudged)
    unknown = len(scores.keys() - set(judged.query_ids))
    facts = (
        (absent, f"{absent} of {len(judged.query_ids)} queries have no score and count as 0"),
        (missing, f"{missing} of {len(aligned)} pairs have no score and count as not found"),
        (extra, f"{extra} scored passages are not judged and count as not relevant"),
        (unknown, f"{unknown} scored queries are not judged and are left out"),
    )
    return tuple(f"{system}: {text}" for count, text in facts if count)


def _refuse_not_finite(system: str, scores: SystemScores) -> None:
    values = np.fromiter((v for run in scores.values() for v in run.values()), dtype=np.float64)
    if np.isfinite(values).all():
        return
    query_id, passage_id, value = next(
        (query_id, passage_id, value)
        for query_id, run in scores.items()
        for passage_id, value in run.items()
        if not np.isfinite(value)
    )
    raise ValueError(
        f"{system}: the score of query {query_id!r}, passage {passage_id!r} is {value}; "
        "scores are finite numbers"
    )


def _ties(groups: Sequence[tuple[str, Sequence[str]]], seed: int) -> NDArray[np.uint64]:
    key = str(seed).encode()
    digests: list[bytes] = []
    for query_id, names in groups:
        head = blake2b(query_id.encode("utf-8", "surrogatepass") + b"\0", digest_size=8, key=key)
        for name in names:
            tail = head.copy()
            tail.update(name.encode("utf-8", "surrogatepass"))
            digests.append(tail.digest())
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
