"""Scores as probabilities: how far they are from that, and the scale and shift that mend it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from training.ml.measures.intervals import Floats

BINS: Final = 10
FEWEST: Final = 10
"""Relevant pairs, and pairs that are not, that a scale and a shift are fitted on at least."""
FOLDS: Final = 10
"""Parts of the dev queries, each of which is left out once to see whether a fit helps."""
_STEEPEST: Final = 1000.0
_END: Final = 36.0
"""Logits beyond it are 1 in double precision."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A score's logit becomes scale * logit + shift; `refused` says why these are 1 and 0."""

    scale: float = 1.0
    shift: float = 0.0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs that score from `low` up to `high`: how many, their mean score, relevant share.

    The last bin includes `high`. Mean and share are None where n is 0.
    """

    low: float
    high: float
    n: int
    positives: int
    score: float | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How scores compare with the share that is relevant, over n pairs.

    `ece` is the mean over pairs of the distance between score and share of their bin, with BINS
    bins of equal width; `brier` the mean squared distance between score and label. Sources: Guo et
    al. 2017 (ICML) on the expected calibration error; Brier 1950.
    """

    pairs: int
    positives: int
    ece: float
    brier: float
    bins: tuple[Bin, ...]


def logits_of(scores: Floats) -> Floats:
    """The logits of scores in [0, 1]; where the sigmoid has ended, the end."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(logit(scores), -700.0, _END), dtype=np.float64)


def platt_fit(scores: Floats, relevant: NDArray[np.bool_]) -> Fit:
    """Fit scale and shift of the logits by cross-entropy; both arrays have shape (N,).

    The targets are Platt's, (N+ + 1) / (N+ + 2) for a relevant pair and 1 / (N- + 2) for the
    others, so that labels which scores tell apart without a fault do not drive the scale to
    infinity. Refused where fewer than FEWEST pairs have either label, where scores do not differ or
    so little that the scale would be above 1000, and where a higher score does not mean more often
    relevant: the scale must be positive, so that no order changes. Source: Platt 1999.
    """
    positives = int(relevant.sum())
    others = len(relevant) - positives
    if min(positives, others) < FEWEST:
        return Fit(refused=f"{positives} relevant and {others} other pairs are too few to fit on")
    x = logits_of(scores)
    center, width = float(x.mean()), float(x.std())
    if width < 1e-6:
        return Fit(refused="all scores are the same")
    z = (x - center) / width
    target = np.where(relevant, (positives + 1) / (positives + 2), 1 / (others + 2))

    def loss(ab: Floats) -> tuple[float, Floats]:
        value = ab[0] * z + ab[1]
        slope = (expit(value) - target) / len(z)
        entropy = np.logaddexp(0, value) - target * value
        return float(entropy.mean()), np.array([slope @ z, slope.sum()])

    found = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9})
    scale = float(found.x[0]) / width
    shift = float(found.x[1]) - scale * center
    if not np.isfinite([scale, shift]).all() or scale <= 1e-6:
        return Fit(refused="higher scores are not more often relevant")
    if scale > _STEEPEST:
        return Fit(refused="scores hardly differ")
    return Fit(scale, shift)


def held_out_gain(scores: Floats, relevant: NDArray[np.bool_], queries: NDArray[np.int64]) -> float:
    """How much closer to labels scores come under a fit to the pairs of other queries.

    The mean squared distance of score and label as it is, minus that under `platt_fit`, over all
    pairs, each of which is calibrated by what was fitted without the tenth of the queries that its
    own is among; where that is refused, its score stays. `queries` numbers each pair's query.
    """
    after = scores.copy()
    for fold in range(FOLDS):
        held = queries % FOLDS == fold
        if held.any() and not held.all():
            fit = platt_fit(scores[~held], relevant[~held])
            after[held] = scores[held] if fit.refused else calibrated(scores[held], fit)
    return float(np.mean((scores - relevant) ** 2) - np.mean((after - relevant) ** 2))


def calibrated(scores: Floats, fit: Fit) -> Floats:
    """The scores under a fit, in (0, 1), in the order that they had."""
    return np.asarray(expit(fit.scale * logits_of(scores) + fit.shift), dtype=np.float64)


def reliability(scores: Floats, relevant: NDArray[np.bool_]) -> Reliability:
    """Compare scores in [0, 1] with labels; both of shape (N,), N above 0."""
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    found = np.bincount(place, relevant, minlength=BINS)
    total = np.bincount(place, scores, minlength=BINS)
    bins = tuple(
        Bin(
            low=row / BINS,
            high=(row + 1) / BINS,
            n=int(counts[row]),
            positives=int(found[row]),
            score=float(total[row] / counts[row]) if counts[row] else None,
            share=float(found[row] / counts[row]) if counts[row] else None,
        )
        for row in range(BINS)
    )
    return Reliability(
        pairs=len(scores),
        positives=int(relevant.sum()),
        ece=float(np.abs(total - found).sum() / len(scores)),
        brier=float(np.mean((scores - relevant) ** 2)),
        bins=bins,
    )


def orders_kept(before: Floats, after: Floats) -> bool:
    """Say whether no two different scores have become the same."""
    return len(np.unique(after)) == len(np.unique(before))


def fit_facts(fit: Fit) -> dict[str, Any]:
    """A fit as JSON-able values."""
    return {"applied": fit.refused is None, "scale": fit.scale, "shift": fit.shift,
            "reason": fit.refused}  # fmt: skip
