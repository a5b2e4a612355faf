"""The figures of one system: values, and how to compute them again on resampled queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.ml.measures import binary
from training.ml.measures.binary import Thresholds
from training.ml.measures.intervals import Floats, bootstrap
from training.ml.measures.judged import Aligned, Judged
from training.ml.measures.ranking import RANKING_METRICS


@dataclass(frozen=True, slots=True)
class Figures:
    """Metric -> value, and the bootstrap statistic of those in `resampled`, in that order."""

    values: Mapping[str, float]
    resampled: tuple[str, ...]
    statistic: Callable[[Floats], Floats]


def ranking_figures(values: Floats, metrics: tuple[str, ...]) -> Figures:
    """The means of `metrics`, from values per query, shape (queries, len(RANKING_METRICS))."""
    n = len(values)
    chosen = values[:, [RANKING_METRICS.index(metric) for metric in metrics]]
    return Figures(
        values=dict(zip(metrics, chosen.mean(axis=0).tolist(), strict=True)),
        resampled=metrics,
        statistic=lambda weights: weights @ chosen / n,
    )


def binary_figures(judged: Judged, aligned: Aligned) -> Figures:
    """The stock figures of the reference cards; both labels present."""
    labels, scores = judged.relevant, scores_filled(aligned)
    chosen = binary.thresholds_best(labels, scores)
    at = binary.threshold_values(labels, scores, chosen)
    fixed = binary.threshold_statistic(labels, scores, judged.query, chosen)
    area = binary.average_precision_statistic(labels, scores, judged.query)
    return Figures(
        values={
            "accuracy": at["accuracy"],
            "accuracy_threshold": chosen.accuracy,
            "f1": at["f1"],
            "f1_threshold": chosen.f1,
            "precision": at["precision"],
            "recall": at["recall"],
            "average_precision": binary.average_precision(labels, scores),
        },
        resampled=(*binary.THRESHOLD_METRICS, "average_precision"),
        statistic=lambda weights: np.hstack([fixed(weights), area(weights)]),
    )


def dev_threshold_figures(judged: Judged, aligned: Aligned, given: Thresholds) -> Figures:
    """The figures at thresholds that were chosen elsewhere; both labels present."""
    labels, scores = judged.relevant, scores_filled(aligned, given)
    at = binary.threshold_values(labels, scores, given)
    return Figures(
        values={
            "accuracy_at_dev_threshold": at["accuracy"],
            "accuracy_dev_threshold": given.accuracy,
            "f1_at_dev_threshold": at["f1"],
            "f1_dev_threshold": given.f1,
            "precision_at_dev_threshold": at["precision"],
            "recall_at_dev_threshold": at["recall"],
        },
        resampled=tuple(f"{name}_at_dev_threshold" for name in binary.THRESHOLD_METRICS),
        statistic=binary.threshold_statistic(labels, scores, judged.query, given),
    )


def resample(parts: Sequence[Figures], queries: int, *, seed: int) -> list[Floats]:
    """Resample all parts on the same draws; one array (samples, len(resampled)) for each."""
    sampled = bootstrap(
        queries, lambda weights: np.hstack([part.statistic(weights) for part in parts]), seed=seed
    )
    ends = np.cumsum([len(part.resampled) for part in parts])
    return np.split(sampled, ends[:-1], axis=1)


def scores_filled(aligned: Aligned, given: Thresholds | None = None) -> binary.Scores:
    """Put pairs without a score below all others and below the thresholds given.

    `CrossEncoder.predict` returns float32. Where all scores are float32 values they become float32
    again, so that a threshold midway between two is rounded as the stock evaluator rounds it.
    """
    scores: NDArray[np.float64] = aligned.scores
    found = np.isfinite(scores)
    floor = [float(scores[found].min())] if found.any() else [0.0]
    floor += [given.accuracy, given.f1] if given else []
    # One less, or the next float32 where one less is the same number.
    bottom = min(min(floor) - 1, float(np.nextafter(np.float32(min(floor)), np.float32(-np.inf))))
    filled = np.where(found, scores, bottom)
    single = filled.astype(np.float32)
    return single if bool((single[found] == scores[found]).all()) else filled
