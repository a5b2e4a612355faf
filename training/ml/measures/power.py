"""The smallest difference that a test set can show, before and after anything is trained."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import sqrt
from typing import Final

import numpy as np
from scipy import stats

from training.ml.data import Pair
from training.ml.measures.judged import SystemScores, align, judged_build
from training.ml.measures.ranking import RANKING_METRICS, RankingMeasures

ALPHA: Final = 0.05
POWER: Final = 0.8
HEADLINE: Final = "nDCG@10"


def smallest_difference(n: int, spread: float | None, *, comparisons: int = 1) -> float | None:
    """The mean difference over n queries that a two-sided paired test finds with POWER at ALPHA.

    (t[1 - ALPHA / 2k] + t[POWER]) * spread / sqrt(n), with n - 1 degrees of freedom; `spread` is
    the standard deviation of the differences per query, and k the `comparisons` that ALPHA is
    shared by. That is what Holm asks of the first of them, and more than it asks of the others:
    they find it a little more often. None for less than two queries, and where
    there is no spread to reckon with. Source: Bloom 1995, Evaluation Review 19(5), on minimum
    detectable effects; with the randomisation test, which has about the power of the t test
    (Smucker, Allan and Carterette 2007), it is a good approximation from a dozen queries on.
    """
    if n < 2 or spread is None or spread <= 1e-12:
        return None
    multiplier = stats.t.ppf(1 - ALPHA / (2 * max(1, comparisons)), n - 1) + stats.t.ppf(
        POWER, n - 1
    )
    return float(multiplier * spread / sqrt(n))


def spread_estimate(
    pairs: Sequence[Pair], systems: Mapping[str, SystemScores], *, seed: int = 0
) -> float | None:
    """The standard deviation of nDCG@10's difference per query between two systems like these.

    The square root of the mean variance over all couples of `systems`. None where there is no
    couple, only one query, or no couple that differs anywhere.
    """
    judged = judged_build(pairs, seed=seed)
    if len(systems) < 2 or len(judged.query_ids) < 2:
        return None
    measures, column = RankingMeasures(judged), RANKING_METRICS.index(HEADLINE)
    values = [
        measures.per_query(align(judged, name, scores, seed=seed))[:, column]
        for name, scores in systems.items()
    ]
    variances = [float(np.var(b - a, ddof=1)) for a, b in combinations(values, 2)]
    return sqrt(sum(variances) / len(variances)) or None
