"""What the measures need of a query, as numbers that add up over queries. Pure.

So a resample of queries is a weighted sum of rows, however many judgments lie behind them.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from annotate.agreement.observed import Floats, Ints, Observed


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over candidates; arrays have one leading axis: queries, or resamples of them.

    `units` and `pairs` (…, k, k) as in `forms`, `coincidences` (…, k, k), and over the candidates
    that exactly `fleiss_size` judged: their number, summed agreement, and judgments by grade.
    """

    pairs: Floats
    coincidences: Floats
    fleiss_units: Floats
    fleiss_agreeing: Floats
    fleiss_counts: Floats

    @classmethod
    def of_queries(cls, observed: Observed) -> Self:
        """Return one row per query of `observed`."""
        units, steps = observed.units, len(observed.scheme)
        counts, sizes = units.counts.astype(np.float64), units.sizes
        queries = len(units.queries)
        pairs = np.empty((queries, steps, steps))
        coincidences = np.empty((queries, steps, steps))

        def summed(values: Floats) -> Floats:
            found = np.bincount(units.query, weights=values, minlength=queries)
            return found.astype(np.float64)

        for one in range(steps):
            for other in range(one, steps):
                both = counts[:, one] * (counts[:, other] - (one == other))
                pairs[:, one, other] = pairs[:, other, one] = summed(both)
                each = summed(both / (sizes - 1))
                coincidences[:, one, other] = coincidences[:, other, one] = each
        alike = (sizes == fleiss_size(sizes)).astype(np.float64)
        equal = ((counts * (counts - 1)).sum(axis=1)) / (sizes * (sizes - 1))
        graded = [summed(counts[:, step] * alike) for step in range(steps)]
        return cls(pairs, coincidences, summed(alike), summed(equal * alike), np.stack(graded, -1))

    def weighted(self, weights: Floats) -> Self:
        """Return one row per row of weights (resamples, queries)."""
        return type(self)(*(np.tensordot(weights, column, axes=1) for column in self._columns))

    @property
    def _columns(self) -> tuple[Floats, ...]:
        return (
            self.pairs,
            self.coincidences,
            self.fleiss_units,
            self.fleiss_agreeing,
            self.fleiss_counts,
        )


def fleiss_size(sizes: Ints) -> int:
    """How many judgments the candidates have that Fleiss' kappa is taken of; 0 without any.

    It asks for the same number on each: the number that most candidates have, two or more.
    """
    seen = Counter(sizes.tolist())
    return max(seen, key=lambda size: (seen[size], size), default=0)


@dataclass(frozen=True, slots=True)
class Tables:
    """The confusion table of every two judges, per query.

    `one` and `other` (p,) are the judges, most candidates in common first. `rows` is a sparse
    matrix (p * k * k, queries) of candidates by pair of judges with their two grades, and query.
    """

    one: Ints
    other: Ints
    steps: int
    rows: Any

    @classmethod
    def of_queries(cls, observed: Observed, most: int) -> Self:
        """Return the tables of the `most` pairs of judges with the most candidates in common."""
        pairs, steps = observed.pairs, len(observed.scheme)
        codes = np.stack([pairs.one, pairs.other])
        known, code = np.unique(codes, axis=1, return_inverse=True)
        shared = np.bincount(code, minlength=known.shape[1])
        best = np.lexsort((known[1], known[0], -shared))[:most]
        place = np.full(known.shape[1], -1)
        place[best] = np.arange(len(best))
        column = place[code]
        kept = column >= 0
        cell = (column * steps + pairs.grade_one) * steps + pairs.grade_other
        query = observed.units.query[pairs.unit]
        shape = (len(best) * steps * steps, len(observed.units.queries))
        ones = np.ones(int(kept.sum()))
        rows = sparse.csr_matrix((ones, (cell[kept], query[kept])), shape=shape)
        return cls(known[0][best], known[1][best], steps, rows)

    def total(self) -> Floats:
        """Return the tables (p, k, k) over all queries."""
        return np.asarray(self._shaped(np.asarray(self.rows.sum(axis=1)))[0])

    def weighted(self, weights: Floats) -> Floats:
        """Return the tables (resamples, p, k, k) under weights (resamples, queries)."""
        return self._shaped((self.rows @ weights.T).T)

    def queries(self) -> Ints:
        """Return in how many queries each pair has candidates in common (p,)."""
        size = self.steps * self.steps
        coo = self.rows.tocoo()
        seen = np.unique(np.stack([coo.row // size, coo.col]), axis=1)
        return np.bincount(seen[0], minlength=len(self.one))

    def _shaped(self, flat: Floats) -> Floats:
        return flat.reshape(-1, len(self.one), self.steps, self.steps)
