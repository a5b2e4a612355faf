"""The judgments as columns, and what can be compared in them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A project's grades, worst first: their values, names, gains, and whether they are relevant.

    Grades are counted by their place here, from 0.
    """

    values: tuple[int, ...]
    names: tuple[str, ...]
    gains: tuple[float, ...]
    relevant: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Judgments:
    """One entry per judgment (N of them), at most one of a judge on a candidate.

    `query`, `candidate` and `judge` are any numbers that tell them apart, `grade` is the place in
    the scheme and `month` counts months since the year 0. A skip is no entry: a missing value.
    """

    query: Ints
    candidate: Ints
    judge: Ints
    grade: Ints
    month: Ints


@dataclass(frozen=True, slots=True)
class Units:
    """The candidates that two or more have judged (U of them): all that agreement can be seen in.

    `query` is the place among `queries`, which has no others. `counts` (U, grades) says how many
    gave each grade, and `month` is that of the last judgment.
    """

    candidate: Ints
    query: Ints
    counts: Ints
    month: Ints
    queries: Ints

    @property
    def sizes(self) -> Ints:
        """How many judged each candidate."""
        return np.asarray(self.counts.sum(axis=1))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every two judgments on one candidate (P of them); `one` < `other` are judges.

    `unit` is the place in `Units`; `grade_one` and `grade_other` are places in the scheme.
    """

    unit: Ints
    one: Ints
    other: Ints
    grade_one: Ints
    grade_other: Ints

    def of_whom(self) -> tuple[Ints, Ints, Ints]:
        """Return every two judges who share a unit, the ones (p,) and the others (p,), and for each
        pair of judgments its place among them (P,)."""
        judges = np.union1d(self.one, self.other)
        one, other = np.searchsorted(judges, self.one), np.searchsorted(judges, self.other)
        codes, place = np.unique(one * len(judges) + other, return_inverse=True)
        first, second = np.divmod(codes, max(1, len(judges)))
        return judges[first], judges[second], place


@dataclass(frozen=True, slots=True)
class Observed:
    """What can be compared, under one scheme."""

    scheme: Scheme
    units: Units
    pairs: Pairs

    @property
    def judges(self) -> int:
        return len(np.union1d(self.pairs.one, self.pairs.other))

    def within(self, chosen: Mask) -> Self:
        """Return what is left with the chosen units (U,) alone."""
        units, pairs = self.units, self.pairs
        queries, query = np.unique(units.query[chosen], return_inverse=True)
        kept = chosen[pairs.unit]
        place = np.cumsum(chosen) - 1
        return type(self)(
            self.scheme,
            Units(
                units.candidate[chosen],
                query,
                units.counts[chosen],
                units.month[chosen],
                units.queries[queries],
            ),
            Pairs(
                place[pairs.unit[kept]],
                pairs.one[kept],
                pairs.other[kept],
                pairs.grade_one[kept],
                pairs.grade_other[kept],
            ),
        )


def observe(rows: Judgments, scheme: Scheme) -> Observed:
    """Find the candidates with several judgments, and the pairs of judgments on them."""
    order = np.lexsort((rows.judge, rows.candidate, rows.query))
    candidate = rows.candidate[order]
    starts = np.flatnonzero(np.append(True, np.diff(candidate) != 0)[: len(candidate)])
    sizes = np.diff(np.append(starts, len(candidate)))
    several = sizes > 1
    starts, sizes = starts[several], sizes[several]
    member = _runs(starts, sizes)
    unit = np.repeat(np.arange(len(starts)), sizes)
    grade, judge = rows.grade[order], rows.judge[order]
    steps = len(scheme)
    counts = np.bincount(unit * steps + grade[member], minlength=len(starts) * steps)
    month = np.zeros(len(starts), dtype=np.int64)
    np.maximum.at(month, unit, rows.month[order][member])
    queries, query = np.unique(rows.query[order][starts], return_inverse=True)
    left, right, of = _twos(starts, sizes)
    return Observed(
        scheme,
        Units(candidate[starts], query, counts.reshape(-1, steps), month, queries),
        Pairs(of, judge[left], judge[right], grade[left], grade[right]),
    )


def _runs(starts: Ints, sizes: Ints) -> Ints:
    """Return all rows of the runs that start and are as long as given."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(starts - (ends - sizes), sizes))


def _twos(starts: Ints, sizes: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the rows of every two of a run, the first before the second, and the run's place."""
    lefts, rights, runs = [], [], []
    for size in np.unique(sizes):
        (which,) = np.nonzero(sizes == size)
        first, second = np.triu_indices(int(size), 1)
        lefts.append((starts[which, None] + first).ravel())
        rights.append((starts[which, None] + second).ravel())
        runs.append(np.repeat(which, len(first)))
    return _joined(lefts), _joined(rights), _joined(runs)


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
