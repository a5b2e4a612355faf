"""Bootstrap intervals over queries. Pure.

Whole queries are drawn, since the candidates of one query are not independent: whoever reads a
query another way differs on all of them. Intervals over single candidates would be too narrow.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import special

from annotate.agreement.observed import Floats

SAMPLES: Final = 1_000
SEED: Final = 42
CONFIDENCE: Final = 0.95
_CELLS: Final = 1_000_000  # entries of one block of weights: 8 MB
_KNOWN_MIN: Final = 0.95


def draws(queries: int, *, beside: int = 0, samples: int = SAMPLES) -> Iterator[Floats]:
    """Yield how often each query is drawn, in blocks of shape (rows, queries); always the same.

    `beside` is how many numbers whoever takes the block makes of a row of it.
    """
    rng = np.random.default_rng([SEED, queries])
    size = max(1, _CELLS // max(1, queries, beside))
    for start in range(0, samples, size):
        rows = min(size, samples - start)
        drawn = rng.integers(0, queries, size=(rows, queries), dtype=np.int64)
        drawn += np.arange(rows)[:, None] * queries
        counts = np.bincount(drawn.ravel(), minlength=rows * queries)
        yield counts.reshape(rows, queries).astype(np.float64)


def interval(sampled: Floats, queries: int) -> tuple[float, float] | None:
    """Return the 95% interval of a measure from its values on resampled queries.

    Percentiles at levels widened as for the mean of so few normal values (Hesterberg 2014,
    arXiv:1411.5279, the expanded percentile interval); plain ones are too narrow at 10 to 50
    queries. None where there is nothing to go by: one query, no variation, or a measure that is
    undefined (NaN) in more than 5% of the resamples.
    """
    known = sampled[~np.isnan(sampled)]
    if queries < 2 or len(known) < _KNOWN_MIN * len(sampled) or np.ptp(known) <= 1e-12:
        return None
    tail = (1 - CONFIDENCE) / 2
    widened = np.sqrt(queries / (queries - 1)) * special.stdtrit(queries - 1, tail)
    level = float(special.ndtr(widened))
    low, high = np.quantile(known, [level, 1 - level])
    return float(low), float(high)
