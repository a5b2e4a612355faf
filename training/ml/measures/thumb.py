"""What a test set can show, by rule of thumb; pages ask here, since nothing heavy is imported."""

from math import sqrt
from typing import Final

USUAL_SPREAD: Final = 0.3
"""The standard deviation of nDCG@10's difference per query that is taken where none is known.

Between BM25, a bi-encoder and a search's own order it was 0.23 to 0.39 on the collections of
docs/evaluation.md.
"""
FEW: Final = 20
"""Fewer queries, or fewer relevant pairs, than this: one label more or less moves the figures."""
# z[1 - 0.05 / 6] + z[0.8]: a two-sided test at 5%, shared by the three comparisons that most
# verdicts have, that finds it 4 times in 5.
_MULTIPLIER: Final = 3.2


def rule_of_thumb(queries: int) -> float | None:
    """The difference in nDCG@10 that so many test queries usually show; None for less than two."""
    return _MULTIPLIER * USUAL_SPREAD / sqrt(queries) if queries > 1 else None
