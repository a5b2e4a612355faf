"""Preferences go into a snapshot as a file of their own, `preferences.jsonl`, where there are any.

One line says which of two passages of a query most people preferred, and in which split its query
is. A snapshot of a project without preferences has no such file, and the digest that it would have
without this module. Queries that people judged keep their split; a query that was only compared
goes with its near-identical twins, into test or dev rather than train, and into train without any.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby
from pathlib import Path
from typing import Any, Final

from accounts.models import Project
from annotate.frozen.sealing import Root, canonical_json, salt_of
from annotate.frozen.splitting import SPLITS, clusters_of
from annotate.frozen.twins import twin_pairs
from annotate.selectors.preferred import (
    PreferenceRow,
    Side,
    compared_queries,
    preference_rows,
)

PREFERENCES: Final = "preferences.jsonl"
_BASIS: Final = "judgments.jsonl"
# What is measured must not be learned: where twins are in several splits, the first of these.
_SEALED_FIRST: Final = ("test", "dev", "train")


@dataclass(slots=True)
class _Tally:
    lines: Counter[str] = field(default_factory=Counter)
    queries: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in SPLITS})
    people: set[int] = field(default_factory=set)
    answers: int = 0
    ties: int = 0
    undecided: int = 0
    compared: int = 0
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class FrozenPreferences:
    """What was written: the file's entry in the manifest, and what pages and cards say of it."""

    sealed: Mapping[str, Any]
    statistics: Mapping[str, Any]


def preferences_freeze(
    project: Project,
    folder: Path,
    *,
    queries: Mapping[str, str],
    assigned: Mapping[str, str],
    key: bytes,
) -> FrozenPreferences | None:
    """Write the preferences of a project; None where nobody preferred anything.

    `queries` (key: text) are those that were judged, `assigned` their splits. In the transaction in
    which the judgments are read.
    """
    compared = dict(compared_queries(project))
    if not compared:
        return None
    splits = _splits(queries, assigned, compared)
    tally, root = _Tally(), Root()
    with (folder / PREFERENCES).open("wb") as out, (folder / _BASIS).open("ab") as basis:
        for rows in _pairs(preference_rows(project)):
            _count_answers(tally, rows)
            balance = sum(row.prefers for row in rows)
            if not balance:
                tally.undecided += 1
                continue
            split = splits[rows[0].query_key]
            line = _line(rows, split, first=balance > 0, key=key)
            root.add(line)
            out.write(line + b"\n")
            basis.write(_rests_on(rows, first=balance > 0) + b"\n")
            tally.lines[split] += 1
            tally.queries[split].add(rows[0].query_key)
    if not root.records:
        (folder / PREFERENCES).unlink()
        return None
    sealed = {"root": root.hexdigest(), "records": root.records}
    return FrozenPreferences(sealed, _statistics(tally))


def _splits(
    queries: Mapping[str, str], assigned: Mapping[str, str], compared: Mapping[str, str]
) -> dict[str, str]:
    """Return the split of every query that was judged or compared."""
    found = dict(assigned)
    new = compared.keys() - found.keys()
    if not new:
        return found
    everything = {**compared, **queries}
    for cluster in clusters_of(everything, twin_pairs(everything)):
        held = {found[name] for name in cluster if name in found}
        split = next((name for name in _SEALED_FIRST if name in held), "train")
        found |= {name: split for name in cluster if name in new}
    return found


def _pairs(rows: Iterator[PreferenceRow]) -> Iterator[list[PreferenceRow]]:
    for _, group in groupby(rows, key=lambda row: (row.query_key, row.first.name, row.second.name)):
        yield list(group)


def _line(rows: Sequence[PreferenceRow], split: str, *, first: bool, key: bytes) -> bytes:
    row = rows[0]
    better, worse = (row.first, row.second) if first else (row.second, row.first)
    said = Counter(each.prefers for each in rows)
    line = {
        "query_id": row.query_key,
        "query": row.query,
        "split": split,
        "better": _side(better),
        "worse": _side(worse),
        "for": said[1 if first else -1],
        "against": said[-1 if first else 1],
        "ties": said[0],
        "salt": salt_of(key, (row.query_key, row.query, *better, *worse)),
    }
    return canonical_json(line).encode()


def _side(side: Side) -> dict[str, str]:
    return {"passage_id": side.name, "title": side.title, "text": side.text}


def _rests_on(rows: Sequence[PreferenceRow], *, first: bool) -> bytes:
    """Return which preferences a record rests on."""
    row = rows[0]
    names = (row.first.name, row.second.name) if first else (row.second.name, row.first.name)
    ids = sorted(str(each.preference_id) for each in rows)
    return canonical_json([row.query_key, *names, ids]).encode()


def _count_answers(tally: _Tally, rows: Sequence[PreferenceRow]) -> None:
    tally.answers += len(rows)
    tally.ties += sum(row.prefers == 0 for row in rows)
    tally.people |= {row.person_id for row in rows}
    for one, other in combinations(rows, 2):
        tally.compared += 1
        tally.agreed += one.prefers == other.prefers


def _statistics(tally: _Tally) -> dict[str, Any]:
    return {
        "splits": {
            name: {"pairs": tally.lines[name], "queries": len(tally.queries[name])}
            for name in SPLITS
        },
        "people": len(tally.people),
        "answers": tally.answers,
        "ties": tally.ties,
        "undecided": tally.undecided,
        "agreement": tally.agreed / tally.compared if tally.compared else None,
        "agreement_n": tally.compared,
    }
