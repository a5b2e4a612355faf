"""Labels that a model which has not seen them disagrees with, the strongest disagreement first.

Two signs, each in [0, 1], are put beside what is usual for labels of the same kind, and averaged:

- distance: how far the calibrated score is from the label's target. Where relevant passages are
  rare, all of them score low; so the mean distance of pairs with the same target is taken off, as
  confident learning does with the mean self-confidence of a class. The models of two folds may
  score on other levels, so logits are standardised within each fold before.
- misplaced: of the query's pairs with another target, the share that the model puts on the wrong
  side of this one. A score may be off for a whole query where the order is right.

Source: Northcutt, Jiang and Chuang 2021 (JAIR), confident learning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize
from scipy.special import expit

from training.ml.data import Pair
from training.ml.measures.calibration import logits_of
from training.ml.measures.intervals import Floats


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label and how much the model doubts it; `place` is the pair's row.

    `score` is calibrated; `rank` its position in the model's order of the query's `of` judged
    passages; `strength` is in [-1, 1], above 0 where the label is doubted more than is usual.
    """

    place: int
    score: float
    rank: int
    of: int
    distance: float
    misplaced: float | None
    strength: float


@dataclass(frozen=True, slots=True)
class Doubts:
    """All labels by doubt, the most doubted first.

    `auc` says how well the held-out scores tell relevant passages from others, None where there is
    one kind alone. `confident` counts labels on the other side than a score that is as good as the
    mean one there: confident learning's estimate of how many are wrong.
    """

    rows: tuple[Doubt, ...]
    auc: float | None
    confident: int


def doubts_find(pairs: Sequence[Pair], scores: Floats, folds: Sequence[int]) -> Doubts:
    """Order the labels of pairs by how much held-out scores, of shape (pairs,), doubt them.

    `folds` says of each pair which model scored it; a query's pairs are of one.
    """
    target = np.array([pair.target for pair in pairs], dtype=np.float64)
    relevant = np.array([pair.relevant for pair in pairs])
    level = _levelled(scores, np.asarray(folds))
    likely = _calibrated(level, target)
    distance = np.abs(likely - target)
    rank, of, misplaced = _within(pairs, scores, target)
    beside = distance - _usual(distance, target)
    known = ~np.isnan(misplaced)
    order = np.zeros_like(beside)
    order[known] = misplaced[known] - _usual(misplaced[known], target[known])
    strength = np.where(known, (beside + order) / 2, beside)
    sorted_rows = np.lexsort((np.arange(len(pairs)), -strength))
    rows = tuple(
        Doubt(
            place=int(row),
            score=float(likely[row]),
            rank=int(rank[row]),
            of=int(of[row]),
            distance=float(distance[row]),
            misplaced=float(misplaced[row]) if known[row] else None,
            strength=float(strength[row]),
        )
        for row in sorted_rows
    )
    return Doubts(rows, _auc(level, relevant), _confident(likely, relevant))


def _levelled(scores: Floats, folds: NDArray[np.int64]) -> Floats:
    """Logits with mean 0 and width 1 within each fold; 0 where all of a fold are alike."""
    x = logits_of(scores)
    level = np.zeros_like(x)
    for fold in np.unique(folds):
        rows = folds == fold
        width = float(x[rows].std())
        if width > 1e-9:
            level[rows] = (x[rows] - x[rows].mean()) / width
    return level


def _calibrated(z: Floats, target: Floats) -> Floats:
    """Levelled scores as expected targets: a scale and a shift, fitted by cross-entropy.

    Targets may be any in [0, 1]; the scale is at least 0, so that no order is turned round.
    """
    if not z.any():
        return np.full(len(target), target.mean())
    soft = (target * len(target) + 0.5) / (len(target) + 1)

    def loss(ab: Floats) -> tuple[float, Floats]:
        value = ab[0] * z + ab[1]
        slope = (expit(value) - soft) / len(z)
        entropy = np.logaddexp(0, value) - soft * value
        return float(entropy.mean()), np.array([slope @ z, slope.sum()])

    bounds = [(0.0, 1e3), (-1e3, 1e3)]
    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(expit(found.x[0] * z + found.x[1]), dtype=np.float64)


def _usual(values: Floats, target: Floats) -> Floats:
    """The mean of the values of all other pairs with about the same target, for each pair.

    Targets are alike to a tenth: soft ones hardly ever are the same. A pair is not compared with
    itself, which would leave no doubt of one that is alone; that one has the mean of all others.
    """
    _, kinds = np.unique(np.round(target, 1), return_inverse=True)
    n, total = np.bincount(kinds)[kinds], np.bincount(kinds, values)[kinds]
    all_others = (values.sum() - values) / max(1, len(values) - 1)
    return np.asarray(np.where(n > 1, (total - values) / np.maximum(1, n - 1), all_others))


def _within(
    pairs: Sequence[Pair], scores: Floats, target: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Rank, number of judged passages, and share of misplaced ones, for each pair.

    Equal scores share the best rank and count half as misplaced. NaN where all targets are alike.
    """
    _, query = np.unique([pair.query_id for pair in pairs], return_inverse=True)
    rank, of = np.zeros(len(pairs), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
    misplaced = np.full(len(pairs), np.nan)
    order = np.argsort(query, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(query[order])) + 1):
        above = scores[rows][None, :] - scores[rows][:, None]
        better = np.sign(target[rows][None, :] - target[rows][:, None])
        rank[rows], of[rows] = (above > 0).sum(axis=1) + 1, len(rows)
        others = (better != 0).sum(axis=1)
        wrong = np.where(better != 0, (1 - np.sign(above) * better) / 2, 0.0).sum(axis=1)
        misplaced[rows] = np.divide(wrong, others, out=np.full(len(rows), np.nan), where=others > 0)
    return rank, of, misplaced


def _auc(scores: Floats, relevant: NDArray[np.bool_]) -> float | None:
    positives = int(relevant.sum())
    others = len(relevant) - positives
    if not positives or not others:
        return None
    ranks = stats.rankdata(scores)
    above = ranks[relevant].sum() - positives * (positives + 1) / 2
    return float(above / (positives * others))


def _confident(likely: Floats, relevant: NDArray[np.bool_]) -> int:
    if relevant.all() or not relevant.any():
        return 0
    high, low = likely[relevant].mean(), likely[~relevant].mean()
    if high <= low:
        return 0
    return int((~relevant & (likely >= high)).sum() + (relevant & (likely <= low)).sum())
