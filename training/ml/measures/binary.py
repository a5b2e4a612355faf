"""Binary metrics of the reference cards: every judged pair is relevant or not, score >= threshold.

Two ways, which must not be taken for each other. The stock figures choose their thresholds on the
very pairs they report, as sentence-transformers' CrossEncoderClassificationEvaluator does, and are
too good for it; the others apply a threshold that was chosen on the dev split.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import metrics

Floats = NDArray[np.float64]
Scores = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.bool_]

THRESHOLD_METRICS: Final = ("accuracy", "f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A pair counts as relevant from its score up: one choice for accuracy, one for F1.

    Precision and recall are those at the F1 threshold, as in the reference cards.
    """

    accuracy: float
    f1: float


def thresholds_best(labels: Labels, scores: Scores) -> Thresholds:
    """Choose the thresholds as sentence-transformers 6.2 does; shapes (N,), both labels present.

    Midway between two neighbouring scores, the highest of equally good ones, and above all scores
    where calling nothing relevant is the most accurate. Arithmetic is in the dtype of `scores`.
    Source: BinaryClassificationEvaluator.find_best_acc_and_threshold, find_best_f1_and_threshold.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], np.True_)  # a group of equal scores goes together
    found = np.cumsum(labels[order])[last]
    taken = np.flatnonzero(last) + 1
    steps = ranked[last]
    positives = int(labels.sum())
    negatives = len(labels) - positives
    accuracy = (found + (negatives - (taken - found))) / len(labels)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = found / taken, found / positives
        f1 = np.where(found > 0, 2 * precision * recall / (precision + recall), 0.0)
    best = int(np.argmax(accuracy))
    nothing = float(np.nextafter(steps[0], steps.dtype.type(np.inf)))
    worth = accuracy[best] > negatives / len(labels)
    return Thresholds(
        accuracy=_midway(steps, best) if worth else nothing,
        f1=_midway(steps, int(np.argmax(f1))),
    )


def threshold_values(labels: Labels, scores: Scores, thresholds: Thresholds) -> dict[str, float]:
    """Accuracy at its threshold; F1, precision and recall at theirs. Undefined precision is 0."""
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, scores >= thresholds.f1, average="binary", zero_division=0.0
    )
    accuracy = metrics.accuracy_score(labels, scores >= thresholds.accuracy)
    return {
        "accuracy": float(accuracy),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
    }


def average_precision(labels: Labels, scores: Scores) -> float:
    """Area under the precision-recall steps: scikit-learn's, as in the stock evaluator."""
    return float(metrics.average_precision_score(labels, scores))


def threshold_statistic(
    labels: Labels, scores: Scores, query: NDArray[np.int64], thresholds: Thresholds
) -> Callable[[Floats], Floats]:
    """The bootstrap statistic of THRESHOLD_METRICS with queries as clusters.

    Weights (block, queries) -> values (block, 4). Thresholds stay as they are, so the intervals of
    stock figures show how they vary and not how much too good they are.
    """
    queries = int(query[-1]) + 1
    right = (scores >= thresholds.accuracy) == labels
    called = scores >= thresholds.f1
    columns = (right, np.ones_like(labels), called & labels, called, labels)
    counts = np.stack([np.bincount(query, column, queries) for column in columns], axis=1)

    def statistic(weights: Floats) -> Floats:
        correct, pairs, hits, calls, positives = (weights @ counts).T
        with np.errstate(invalid="ignore"):
            f1 = np.where(positives > 0, 2 * hits / (calls + positives), np.nan)
            return np.stack([correct / pairs, f1, hits / calls, hits / positives], axis=1)

    return statistic


def average_precision_statistic(
    labels: Labels, scores: Scores, query: NDArray[np.int64]
) -> Callable[[Floats], Floats]:
    """The bootstrap statistic of average precision with queries as clusters, exact with ties.

    Weights (block, queries) -> values (block, 1). Precision is needed only at scores that a
    positive has, so pairs are counted per query between those, and one sparse product per block
    gives all the sums.
    """
    steps = np.unique(-scores[labels])
    step = np.searchsorted(steps, -scores)  # the first step at which a pair is within reach
    reached = step < len(steps)
    shape = (len(steps), int(query[-1]) + 1)
    pairs = _counts(step[reached], query[reached], shape)
    hits = _counts(step[labels], query[labels], shape)

    def statistic(weights: Floats) -> Floats:
        drawn = np.ascontiguousarray(weights.T, dtype=np.float32)  # small counts: exact, and faster
        found = (hits @ drawn).astype(np.float64)
        taken = np.cumsum(pairs @ drawn, axis=0, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            precision = np.where(taken > 0, np.cumsum(found, axis=0) / taken, 0.0)
            values = (found * precision).sum(axis=0) / found.sum(axis=0)
        return np.asarray(values[:, None], dtype=np.float64)

    return statistic


def _counts(step: NDArray[Any], query: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    return sparse.csr_matrix((np.ones(len(step), np.float32), (step, query)), shape=shape)


def _midway(steps: Scores, row: int) -> float:
    if row == len(steps) - 1:
        return float(steps[row])
    middle = (steps[row] + steps[row + 1]) / 2
    return float(steps[row] if middle == steps[row + 1] else middle)
