"""The paired test of two systems, from their values per query; needs neither torch nor metrics."""

from dataclasses import dataclass

from training.ml.measures.intervals import Floats, bootstrap, interval, sign_flip_p


@dataclass(frozen=True, slots=True)
class Paired:
    """A mean difference over n queries, its 95% bootstrap interval, and p of the sign-flip test."""

    delta: float
    low: float | None
    high: float | None
    p: float
    n: int


def paired_test(differences: Floats, *, seed: int = 0) -> list[Paired]:
    """Test each column of differences per query, shape (n, k); k results in their order."""
    n = len(differences)
    sampled = bootstrap(n, lambda weights: weights @ differences / n, seed=seed)
    p = sign_flip_p(differences, seed=seed)
    found = []
    for column, values in enumerate(differences.T):
        low, high = interval(sampled[:, column], n) or (None, None)
        found.append(Paired(float(values.mean()), low, high, float(p[column]), n))
    return found
