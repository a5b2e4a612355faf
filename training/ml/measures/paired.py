"""The paired test of two systems, from their values per query; needs neither torch nor metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.ml.measures.intervals import Floats, bootstrap, interval, sign_flip_p


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean difference over n queries, its 95% bootstrap interval, and p of the sign-flip test.

    `spread` is the standard deviation of the differences per query (n - 1), `effect` the mean
    difference in units of it: the standardised mean difference of paired values, d_z. Both are None
    for one query, `effect` also where all queries differ by the same. Sources: Cohen 1988, 2.3.5;
    Sakai 2014, SIGIR Forum 48(1), on reporting it in retrieval.
    """

    delta: float
    low: float | None
    high: float | None
    p: float
    n: int
    effect: float | None
    spread: float | None


def paired_test(differences: Floats, *, seed: int = 0) -> list[Paired]:
    """Test each column of differences per query, shape (n, k); k results in their order."""
    n = len(differences)
    sampled = bootstrap(n, lambda weights: weights @ differences / n, seed=seed)
    p = sign_flip_p(differences, seed=seed)
    found = []
    for column, values in enumerate(differences.T):
        low, high = interval(sampled[:, column], n) or (None, None)
        delta = float(values.mean())
        spread = float(np.std(values, ddof=1)) if n > 1 else None
        effect = delta / spread if spread is not None and spread > 1e-12 else None
        found.append(Paired(delta, low, high, float(p[column]), n, effect, spread))
    return found


def holm(values: Sequence[float]) -> list[float]:
    """Adjust the p of a family of tests, in their order, so that the family errs as one test would.

    The smallest p is multiplied by the number of tests, the next by one less and so on; none is
    below the one before it, or above 1. Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    adjusted = [0.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        adjusted[place] = highest
    return adjusted
