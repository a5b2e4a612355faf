"""Whether two judges' labels rank the project's runs alike: Kendall's tau. Pure.

What agreement is for, in the end: if the labels of either lead to the same order of systems, their
differences do little harm (Voorhees 2000, Information Processing and Management 36, 697-716).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import ir_measures
import numpy as np
from scipy import stats

from annotate.agreement.figures import Basis, Figure
from annotate.agreement.measures import figure_of
from annotate.agreement.observed import Floats, Ints, Observed
from annotate.agreement.resampling import draws

MEASURE: Final = ir_measures.nDCG @ 10
QUERIES_MAX: Final = 500
"""Queries of one pair of judges that are evaluated: the first by number, where there are more."""
PAIRS_MAX: Final = 50
"""Pairs of judges that are compared so: those with the most candidates in common."""
_LEVELS: Final = 1_000

FEW_RUNS: Final = "it takes two runs that rank candidates which both have judged"
ALIKE: Final = "all runs score the same under the labels of one of them"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's candidates, in ascending order, and for each a number that falls with the rank."""

    candidate: Ints
    score: Floats

    def of(self, candidates: Ints) -> Floats:
        """Return the scores of candidates; NaN for one that the run did not return."""
        if not len(self.candidate):
            return np.full(len(candidates), np.nan)
        place = np.searchsorted(self.candidate, candidates).clip(max=len(self.candidate) - 1)
        found = np.where(self.candidate[place] == candidates, self.score[place], np.nan)
        return found.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Rankings:
    """How two judges' labels rank the runs: tau-b with its interval, and the mean nDCG@10 of each.

    `of_one` and `of_other` have one mean per run, in the order of `runs`; `queries` were compared.
    """

    tau: Figure
    runs: Sequence[str]
    of_one: Sequence[float]
    of_other: Sequence[float]


def rankings_of(observed: Observed, one: int, other: int, runs: Mapping[str, Run]) -> Rankings:
    """Rank the runs by mean nDCG@10 under the labels of `one` and of `other`, and compare.

    Over the queries in which the two share candidates, and on these candidates alone: labels that
    only one of them gave would compare what was judged, not how. So the runs are condensed to the
    shared candidates (Sakai 2007, SIGIR, "Alternatives to Bpref"); one that a run did not return
    is not found. Gains are the scheme's. tau-b counts ties (Kendall 1945).
    """
    pairs = observed.pairs
    (rows,) = np.nonzero((pairs.one == one) & (pairs.other == other))
    asked = np.unique(observed.units.query[pairs.unit[rows]])[:QUERIES_MAX]
    rows = rows[np.isin(observed.units.query[pairs.unit[rows]], asked)]
    query = np.searchsorted(asked, observed.units.query[pairs.unit[rows]])
    candidate, gains = observed.units.candidate[pairs.unit[rows]], _whole(observed.scheme.gains)
    scores = {name: run.of(candidate) for name, run in runs.items()}
    scores = {name: score for name, score in scores.items() if not np.isnan(score).all()}
    values = [
        _per_query(query, gains[grade[rows]], list(scores.values()), len(asked))
        for grade in (pairs.grade_one, pairs.grade_other)
    ]
    return Rankings(
        tau=_tau_figure(*values, units=len(rows)),
        runs=list(scores),
        of_one=values[0].mean(axis=0).tolist(),
        of_other=values[1].mean(axis=0).tolist(),
    )


def tau_b(one: Floats, other: Floats) -> Floats:
    """Return Kendall's tau-b of two rows of scores (…, runs); NaN where one of them is constant.

    Source: Kendall 1945, Biometrika 33, 239-251; `scipy.stats.kendalltau` for many rows at once.
    """
    left, right = np.triu_indices(one.shape[-1], 1)
    # Means of the same numbers in another order may differ in the last bits; equal stays equal.
    a = np.sign(np.round(one[..., left] - one[..., right], 12))
    b = np.sign(np.round(other[..., left] - other[..., right], 12))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    out = np.full(size.shape, np.nan)
    return np.asarray(np.divide((a * b).sum(axis=-1), size, out=out, where=size > 0))


def _tau_figure(one: Floats, other: Floats, *, units: int) -> Figure:
    queries, runs = one.shape
    n = Basis(units=units, pairs=runs * (runs - 1) // 2, judges=2, queries=queries)
    if runs < 2:
        return figure_of(float("nan"), None, n, FEW_RUNS)
    means = [np.round(values.mean(axis=0), 12) for values in (one, other)]
    if any(np.ptp(mean) == 0 for mean in means):
        return figure_of(float("nan"), None, n, ALIKE)
    sampled = [
        tau_b(weights @ one / queries, weights @ other / queries) for weights in draws(queries)
    ]
    return figure_of(float(stats.kendalltau(*means).statistic), np.concatenate(sampled), n, ALIKE)


def _per_query(query: Ints, gain: Ints, runs: Sequence[Floats], queries: int) -> Floats:
    """Return the nDCG@10 of each run in each query, shape (queries, runs).

    One entry per candidate: its `query`, from 0, its `gain`, and its score in each of the `runs`.
    """
    qrels: dict[str, dict[str, int]] = {}
    for row, (name, value) in enumerate(zip(query.tolist(), gain.tolist(), strict=True)):
        qrels.setdefault(str(name), {})[str(row)] = value
    evaluator = ir_measures.evaluator([MEASURE], qrels)
    values = np.zeros((queries, len(runs)))
    for column, scores in enumerate(runs):
        for found in evaluator.iter_calc(_ranked(query, scores)):
            values[int(found.query_id), column] = found.value
    return values


def _ranked(query: Ints, scores: Floats) -> dict[str, dict[str, float]]:
    """Return a run's rows per query, with scores that fall strictly: ties go by their number."""
    ranked: dict[str, dict[str, float]] = {}
    (rows,) = np.nonzero(~np.isnan(scores))
    best = rows[np.lexsort((rows, -scores[rows]))]
    for place, row in enumerate(best.tolist()):
        ranked.setdefault(str(query[row]), {})[str(row)] = float(len(best) - place)
    return ranked


def _whole(gains: Sequence[float]) -> Ints:
    """Return gains as the whole numbers that trec_eval reads; nDCG keeps its value under a factor.

    Gains that are whole stay; others become multiples of a thousandth of the highest.
    """
    given = np.array(gains, dtype=np.float64)
    if np.all(given == np.round(given)) and given.max() <= _LEVELS:
        return given.astype(np.int64)
    return np.asarray(np.rint(given * _LEVELS / given.max()), dtype=np.int64)
