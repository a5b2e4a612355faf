"""The observer-error model of Dawid and Skene, fitted by EM over all judges at once. No Django.

A. P. Dawid and A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
Algorithm", Applied Statistics 28 (1979) 20-28. Each judge k gives grade l to what is truly j with
the probability pi[k, j, l], and p[j] of all items are truly j. Starting from the shares of votes,
two steps alternate:

    M   pi[k, j, l] = sum_i T[i, j] n[i, k, l] / sum_l sum_i T[i, j] n[i, k, l]      (2.3)
        p[j]        = sum_i T[i, j] / I                                              (2.4)
    E   T[i, j]     ~ p[j] prod_k prod_l pi[k, j, l] ^ n[i, k, l]                    (2.5)

where T[i, j] is the probability that item i is truly j. An item whose truth is known keeps it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

ITERATIONS_MAX: Final = 100
TOLERANCE: Final = 1e-5  # the largest change of any probability that counts as none
# Added to each count of a judge's grades, so that who judged little is not certain of anything.
SMOOTHING: Final = 0.01
DECIMALS: Final = 6  # what leaves is rounded: the last bits differ from machine to machine


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """A fitted model of I items, K judges and J grades.

    `beliefs` (I, J) are the probabilities of the true grades, `priors` (J,) their shares, `errors`
    (K, J, J) the judges' tables: row the true grade, column the given one.
    """

    beliefs: NDArray[np.float64]
    priors: NDArray[np.float64]
    errors: NDArray[np.float64]
    iterations: int
    converged: bool

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Each judge's probability of giving the true grade; shape (K,)."""
        right: NDArray[np.float64] = np.einsum("j,kjj->k", self.priors, self.errors)
        return right


def dawid_skene(
    item: NDArray[np.integer],
    judge: NDArray[np.integer],
    grade: NDArray[np.integer],
    *,
    grades: int,
    known: NDArray[np.integer] | None = None,
    smoothing: float = SMOOTHING,
    iterations_max: int = ITERATIONS_MAX,
    tolerance: float = TOLERANCE,
) -> DawidSkene:
    """Fit the model to votes: entry n says that `judge[n]` gave `item[n]` the grade `grade[n]`.

    All are counted from 0; every item has a vote, and repeats count. `known` (I,) holds an item's
    true grade, or -1. The same votes in the same order give the same result. Memory is some eight
    numbers per item and grade, and two per vote.
    """
    items, judges = int(item.max()) + 1, int(judge.max()) + 1
    beliefs = np.zeros((items, grades))
    np.add.at(beliefs, (item, grade), 1)
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    fixed = _know(beliefs, known)
    cell = judge.astype(np.int64) * grades + grade
    converged, iterations = False, 0
    priors, errors = _maximise(beliefs, item, cell, judges, smoothing)
    while not converged and iterations < iterations_max:
        iterations += 1
        fresh = _expect(priors, errors, item, cell, items)
        _know(fresh, fixed)
        converged = bool(np.abs(fresh - beliefs).max() < tolerance)
        beliefs = fresh
        priors, errors = _maximise(beliefs, item, cell, judges, smoothing)
    return DawidSkene(
        beliefs=_rounded(beliefs),
        priors=_rounded(priors),
        errors=_rounded(errors),
        iterations=iterations,
        converged=converged,
    )


def _know(
    beliefs: NDArray[np.float64], known: NDArray[np.integer] | None
) -> NDArray[np.integer] | None:
    """Set the truth of the items where it is known."""
    if known is not None:
        rows = np.flatnonzero(known >= 0)
        beliefs[rows] = 0
        beliefs[rows, known[rows]] = 1
    return known


def _maximise(
    beliefs: NDArray[np.float64],
    item: NDArray[np.integer],
    cell: NDArray[np.int64],
    judges: int,
    smoothing: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    grades = beliefs.shape[1]
    counts = np.stack(
        [
            np.bincount(cell, weights=beliefs[item, true], minlength=judges * grades)
            for true in range(grades)
        ]
    )
    errors = counts.reshape(grades, judges, grades).transpose(1, 0, 2) + smoothing
    total = errors.sum(axis=2, keepdims=True)
    # A grade that nothing a judge saw can truly be: nothing is known of their errors on it.
    errors = np.divide(errors, total, out=np.full_like(errors, 1 / grades), where=total > 0)
    return beliefs.mean(axis=0), errors


def _expect(
    priors: NDArray[np.float64],
    errors: NDArray[np.float64],
    item: NDArray[np.integer],
    cell: NDArray[np.int64],
    items: int,
) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):  # what cannot be has the logarithm -inf
        log_priors, log_errors = np.log(priors), np.log(errors)
    logs = np.empty((items, len(priors)))
    for true, log_prior in enumerate(log_priors):
        per_vote = log_errors[:, true, :].reshape(-1)[cell]
        logs[:, true] = log_prior + np.bincount(item, weights=per_vote, minlength=items)
    logs -= logs.max(axis=1, keepdims=True)
    likelihood = np.exp(logs)
    share: NDArray[np.float64] = likelihood / likelihood.sum(axis=1, keepdims=True)
    return share


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(values, DECIMALS) + 0.0  # no negative zero
