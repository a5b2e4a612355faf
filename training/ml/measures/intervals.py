"""Bootstrap intervals and the paired randomisation test, over queries and in whole blocks."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

SAMPLES: Final = 2_000
PERMUTATIONS: Final = 10_000
CONFIDENCE: Final = 0.95
_CELLS: Final = 2_000_000  # entries of one block of weights or signs: 16 MB of float64


def bootstrap(
    n: int, statistic: Callable[[Floats], Floats], *, seed: int, samples: int = SAMPLES
) -> Floats:
    """Resample n queries with replacement and collect a statistic; shape (samples, k).

    `statistic` gets weights of shape (block, n), how often each query was drawn, and answers with
    shape (block, k); NaN marks a resample in which it is undefined. Everything about a query is
    drawn together, so that pairs of one query, or two systems on it, stay together.
    """
    return np.concatenate([statistic(weights) for weights in _weights(n, seed, samples)])


def interval(sampled: Floats, n: int) -> tuple[float, float] | None:
    """The 95% interval from bootstrap values of one statistic over n queries.

    The expanded percentile interval: percentiles, at levels widened so that the mean of n normal
    values gets its t interval. Plain percentiles are too narrow by t(n - 1) against z and by
    sqrt((n - 1) / n), which matters at the 10 to 50 queries of a small test set; BCa mends skewness
    but not that, and it needs a jackknife. Source: Hesterberg 2014, arXiv:1411.5279.

    None where there is nothing to go by: one query, no variation, or a statistic that is undefined
    in more than 5% of the resamples. Queries that all score the same do not make a figure certain.
    """
    known = sampled[~np.isnan(sampled)]
    if n < 2 or len(known) < 0.95 * len(sampled) or np.ptp(known) <= 1e-12:
        return None
    level = interval_level(n)
    low, high = np.quantile(known, [level, 1 - level])
    return float(low), float(high)


def interval_level(n: int) -> float:
    """The lower level of the expanded percentile interval over n; the upper one is its mirror."""
    tail = (1 - CONFIDENCE) / 2
    return float(stats.norm.cdf(np.sqrt(n / (n - 1)) * stats.t.ppf(tail, n - 1)))


def sign_flip_p(
    differences: Floats, *, seed: int, permutations: int = PERMUTATIONS
) -> NDArray[np.float64]:
    """Two-sided p of the paired randomisation test for k columns of differences, shape (n, k).

    If two systems are alike, each query's difference could as well have the other sign. p is the
    share of sign patterns whose mean is at least as far from 0: over all 2^n patterns where they
    are no more than `permutations`, else over that many random ones with the observed one counted
    in, so that p is never 0. Sources: Smucker, Allan and Carterette 2007 (CIKM) on the test for
    retrieval; Phipson and Smyth 2010 on (b + 1) / (m + 1).
    """
    n, k = differences.shape
    total = differences.sum(axis=0)
    # Sums of the same numbers in another order may differ in the last bits; equal must stay equal.
    bound = np.abs(total) - 1e-9 * np.abs(differences).sum(axis=0)
    exact = n < 63 and 2**n <= permutations
    count = np.zeros(k, dtype=np.int64)
    for plus in _all_signs(n) if exact else _random_signs(n, seed, permutations):
        count += (np.abs(2 * (plus @ differences) - total) >= bound).sum(axis=0)
    if exact:
        return np.asarray(count / 2**n, dtype=np.float64)
    return np.asarray((count + 1) / (permutations + 1), dtype=np.float64)


def _weights(n: int, seed: int, samples: int) -> Iterator[Floats]:
    rng = np.random.default_rng([seed, 1])
    for rows in _blocks(n, samples):
        drawn = rng.integers(0, n, size=(rows, n))
        drawn += np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _all_signs(n: int) -> Iterator[Floats]:
    patterns = np.arange(2**n)[:, None]
    yield ((patterns >> np.arange(n)) & 1).astype(np.float64)


def _random_signs(n: int, seed: int, permutations: int) -> Iterator[Floats]:
    rng = np.random.default_rng([seed, 2])
    width = -(-n // 8)
    for rows in _blocks(n, permutations):
        packed = rng.integers(0, 256, size=(rows, width), dtype=np.uint8)
        yield np.unpackbits(packed, axis=1, count=n).astype(np.float64)


def _blocks(n: int, total: int) -> Iterator[int]:
    size = max(1, _CELLS // n)
    for start in range(0, total, size):
        yield min(size, total - start)
