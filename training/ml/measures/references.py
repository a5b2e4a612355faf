"""What any figure is to be read against, and what is no system: chance and the best possible.

These rows stand beside those of `evaluation.evaluate`. They win and lose no comparison, and have no
intervals: they are what the labels alone allow. Figures come from the same code as all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from training.ml.data import Pair
from training.ml.measures.evaluation import (
    COMPARED_METRICS,
    METRIC_UNITS,
    MetricRow,
    thresholds_choose,
)
from training.ml.measures.figures import binary_figures, dev_threshold_figures, ranking_figures
from training.ml.measures.intervals import Floats
from training.ml.measures.judged import Judged, SystemScores, align, judged_build
from training.ml.measures.ranking import RankingMeasures
from training.ml.measures.systems import oracle_scores

BEST_ORDER: Final = "best_order"
RANDOM_ORDER: Final = "random_order"
ONE_ANSWER: Final = "one_answer"
_SHUFFLES: Final = (10, 200)
_SHUFFLED_PAIRS: Final = 200_000


def reference_rows(
    pairs: Sequence[Pair], *, dev: Sequence[Pair] | None = None
) -> tuple[MetricRow, ...]:
    """The references on these pairs.

    `best_order` has the ranking metrics of `oracle_scores`, the ceiling; `random_order` their means
    over `shuffles_of` shuffles of every query's candidates, with the seeds 0, 1, 2 and so on.
    `one_answer` gives every pair the same score. So its accuracy is that of calling nothing
    relevant, or everything, whichever is right more often; its F1, precision and recall are those
    of calling everything relevant; its average precision is the share of relevant pairs. With
    `dev`, that answer is also chosen there, as thresholds are. No binary rows where all pairs have
    one label.
    """
    judged = judged_build(pairs)
    measures = RankingMeasures(judged)
    best = measures.per_query(align(judged, BEST_ORDER, oracle_scores(pairs)))
    random = _shuffled(judged, measures, pairs)
    values = {
        RANDOM_ORDER: ranking_figures(random, COMPARED_METRICS).values,
        BEST_ORDER: ranking_figures(best, COMPARED_METRICS).values,
        ONE_ANSWER: _one_answer(judged, pairs, dev),
    }
    counts = {
        "queries": len(judged.query_ids),
        "pairs": len(judged.query),
        "positives": int(judged.relevant.sum()),
    }
    return tuple(
        MetricRow(system, metric, value, None, None, counts[METRIC_UNITS[metric]])
        for system, found in values.items()
        for metric, value in found.items()
    )


def shuffles_of(pairs: Sequence[Pair]) -> int:
    """How often these pairs are shuffled: the fewer they are, the more often, from 10 to 200."""
    fewest, most = _SHUFFLES
    return max(fewest, min(most, _SHUFFLED_PAIRS // len(pairs)))


def _shuffled(judged: Judged, measures: RankingMeasures, pairs: Sequence[Pair]) -> Floats:
    """The mean over shuffles for every query; shape (queries, len(RANKING_METRICS))."""
    scores = _same_score(pairs)
    runs = []
    for shuffle in range(shuffles_of(pairs)):
        order = np.random.default_rng([shuffle, 3]).permutation(len(judged.query))
        # Where all scores are equal, the order is that of the ties.
        mixed = replace(judged, tie=order.astype(np.uint64))
        runs.append(measures.per_query(align(mixed, RANDOM_ORDER, scores)))
    return np.asarray(np.mean(runs, axis=0), dtype=np.float64)


def _one_answer(
    judged: Judged, pairs: Sequence[Pair], dev: Sequence[Pair] | None
) -> Mapping[str, float]:
    if judged.relevant.all() or not judged.relevant.any():
        return {}
    aligned = align(judged, ONE_ANSWER, _same_score(pairs))
    found = dict(binary_figures(judged, aligned).values)
    chosen = thresholds_choose(dev, _same_score(dev)) if dev else None
    if chosen is not None:
        found |= dev_threshold_figures(judged, aligned, chosen).values
    # Where to cut a score that says nothing is no figure.
    return {
        metric: value
        for metric, value in found.items()
        if "_at_" in metric or not metric.endswith("_threshold")
    }


def _same_score(pairs: Sequence[Pair]) -> SystemScores:
    scores: dict[str, dict[str, float]] = {}
    for pair in pairs:
        scores.setdefault(pair.query_id, {})[pair.passage_id] = 0.0
    return scores
