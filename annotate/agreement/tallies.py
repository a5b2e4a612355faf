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
    """Sums over candidates, in `flat` (rows, numbers); a row is a query, or a resample of queries.

    As one matrix, so that resampling is one product. `pairs` and `coincidences` (rows, k, k) are as
    in `forms`; the rest is over the candidates that exactly `fleiss_size` judged: their number,
    their summed agreement (rows,), and their judgments by grade (rows, k).
    """

    flat: Floats
    steps: int

    @classmethod
    def of_queries(cls, observed: Observed) -> Self:
        """Return one row per query of `observed`."""
        units, steps = observed.units, len(observed.scheme)
        counts, sizes = units.counts.astype(np.float64), units.sizes
        made = cls(np.zeros((len(units.queries), 2 * steps * steps + 2 + steps)), steps)

        def summed(values: Floats) -> Floats:
            found = np.bincount(units.query, weights=values, minlength=len(units.queries))
            return found.astype(np.float64)

        for one in range(steps):
            for other in range(one, steps):
                both = counts[:, one] * (counts[:, other] - (one == other))
                made.pairs[:, one, other] = made.pairs[:, other, one] = summed(both)
                each = summed(both / (sizes - 1))
                made.coincidences[:, one, other] = made.coincidences[:, other, one] = each
        alike = (sizes == fleiss_size(sizes)).astype(np.float64)
        equal = ((counts * (counts - 1)).sum(axis=1)) / (sizes * (sizes - 1))
        made.fleiss_units[:] = summed(alike)
        made.fleiss_agreeing[:] = summed(equal * alike)
        for step in range(steps):
            made.fleiss_counts[:, step] = summed(counts[:, step] * alike)
        return made

    def weighted(self, weights: Floats) -> Self:
        """Return one row per row of weights (resamples, queries)."""
        return type(self)(weights @ self.flat, self.steps)

    @property
    def pairs(self) -> Floats:
        return self._square(0)

    @property
    def coincidences(self) -> Floats:
        return self._square(1)

    @property
    def fleiss_units(self) -> Floats:
        return self.flat[:, -self.steps - 2]

    @property
    def fleiss_agreeing(self) -> Floats:
        return self.flat[:, -self.steps - 1]

    @property
    def fleiss_counts(self) -> Floats:
        return self.flat[:, -self.steps :]

    def _square(self, place: int) -> Floats:
        size = self.steps * self.steps
        part = self.flat[:, place * size : (place + 1) * size]
        return part.reshape(-1, self.steps, self.steps, copy=False)


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
        ones, others, code = pairs.of_whom()
        shared = np.bincount(code, minlength=len(ones))
        best = np.lexsort((others, ones, -shared))[:most]
        place = np.full(len(ones), -1)
        place[best] = np.arange(len(best))
        column = place[code]
        kept = column >= 0
        cell = (column * steps + pairs.grade_one) * steps + pairs.grade_other
        query = observed.units.query[pairs.unit]
        shape = (len(best) * steps * steps, len(observed.units.queries))
        each = np.ones(int(kept.sum()))
        rows = sparse.csr_matrix((each, (cell[kept], query[kept])), shape=shape)
        return cls(ones[best], others[best], steps, rows)

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
        queries = self.rows.shape[1]
        seen = np.unique((coo.row // size).astype(np.int64) * queries + coo.col)
        return np.bincount(seen // queries, minlength=len(self.one))

    def _shaped(self, flat: Floats) -> Floats:
        return flat.reshape(-1, len(self.one), self.steps, self.steps)
