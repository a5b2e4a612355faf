"""How far each judge can be trusted, from what is known and from the others. No Django.

A judge's record is the share of their grades that equal the known one, where at least KNOWN_MIN of
the candidates that they judged, or were checked on, are adjudicated by somebody else; otherwise the
share of their comparisons with other judges of the same candidate that agree. Others err, too, so
that the same judge agrees with them less, or more, often than with what is known: shares of
agreement are multiplied by how much higher the one is than the other for the judges who have both,
taken together. All are (right + 1) / (n + 2), Laplace's rule of succession: one lucky answer does
not beat a hundred good ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

KNOWN_MIN: Final = 5
DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """A judge's record: the share that was right, out of `n`, and against what (`basis`)."""

    name: str
    place: int
    trust: float
    basis: str
    n: int


def standings(
    judges: Sequence[str],
    item: NDArray[np.integer],
    judge: NDArray[np.integer],
    grade: NDArray[np.integer],
    *,
    known: NDArray[np.integer],
    deciders: NDArray[np.integer],
    checks: Mapping[str, tuple[int, int]] = MappingProxyType({}),
    first: Sequence[str] = (),
) -> list[Standing]:
    """Rank judges by trust, those named in `first` before all others, in that order.

    Vote n says that `judge[n]` gave `item[n]` the grade `grade[n]`; `known` (per item) is the true
    grade, or -1, and `deciders` who said so; `checks` adds for a judge (right, n) of checks that
    are no votes. Judges of equal records share a place; they come by name.
    """
    size, grades = len(known), int(grade.max(initial=0)) + 1
    count = len(judges)
    same = np.bincount(item * grades + grade, minlength=size * grades)[item * grades + grade] - 1
    others = np.bincount(item, minlength=size)[item] - 1
    told = (known[item] >= 0) & (deciders[item] != judge)
    right = np.bincount(judge, weights=told & (known[item] == grade), minlength=count)
    answered = np.bincount(judge, weights=told, minlength=count)
    agreed = np.bincount(judge, weights=same, minlength=count)
    compared = np.bincount(judge, weights=others, minlength=count)
    records = {}
    for row, name in enumerate(judges):
        hit, n = checks.get(name, (0, 0))
        if answered[row] + n >= KNOWN_MIN:
            records[name] = ("known grades", right[row] + hit, answered[row] + n)
        else:
            records[name] = ("agreement", agreed[row], compared[row])
    both = [row for row, name in enumerate(judges) if records[name][0] == "known grades"]
    scale = _share([records[judges[row]][1:] for row in both if compared[row]])
    scale /= _share([(agreed[row], compared[row]) for row in both if compared[row]])
    return _placed(records, first, scale)


def _share(records: Sequence[tuple[float, float]]) -> float:
    """Return the share of all that is right; by Laplace's rule, so that it is never 0."""
    return (sum(hit for hit, _ in records) + 1) / (sum(n for _, n in records) + 2)


def _placed(
    records: dict[str, tuple[str, float, float]], first: Sequence[str], scale: float
) -> list[Standing]:
    trust = {
        name: round(
            min(1.0, (hit + 1) / (n + 2) * (scale if basis == "agreement" else 1)), DECIMALS
        )
        for name, (basis, hit, n) in records.items()
    }
    named = {name: row for row, name in enumerate(dict.fromkeys(first))}
    order = sorted(records, key=lambda name: (named.get(name, len(named)), -trust[name], name))
    found: list[Standing] = []
    for name in order:
        basis, _, n = records[name]
        alike = found and name not in named and found[-1].name not in named
        place = found[-1].place + 1 if found else 0
        if alike and found[-1].trust == trust[name]:
            place = found[-1].place
        basis = "list" if name in named else basis
        found.append(Standing(name, place, float(trust[name]), basis, int(n)))
    return found
