"""Evaluation of any number of systems on the same judged pairs: values, intervals, differences.

Every judged query counts. Equal scores are ordered by a seeded hash, never in anyone's favour.
Metrics come from `ir_measures` and scikit-learn, intervals from a bootstrap over queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.ml import binary
from training.ml.binary import Thresholds
from training.ml.data import Pair
from training.ml.intervals import bootstrap, interval, sign_flip_p
from training.ml.judged import Aligned, Judged, SystemScores, align, judged_build
from training.ml.ranking import LEVELS, RANKING_METRICS, RankingMeasures
from training.ml.systems import bm25_scores, first_stage_scores, oracle_scores

__all__ = [
    "BINARY_METRICS",
    "COMPARED_METRICS",
    "DEV_THRESHOLD_METRICS",
    "METRIC_UNITS",
    "ORACLE",
    "RANKING_METRICS",
    "Counts",
    "DifferenceRow",
    "Evaluation",
    "MetricRow",
    "PerQuery",
    "SystemScores",
    "Thresholds",
    "bm25_scores",
    "evaluate",
    "first_stage_scores",
    "oracle_scores",
    "paired_difference",
    "thresholds_choose",
]

PerQuery = Mapping[str, Mapping[str, Mapping[str, float]]]
"""System -> query id -> ranking metric -> value."""

ORACLE: Final = "oracle"
"""The name to give `oracle_scores`: a ceiling, which is compared with nothing."""

BINARY_METRICS: Final = (
    "accuracy",
    "accuracy_threshold",
    "f1",
    "f1_threshold",
    "precision",
    "recall",
    "average_precision",
)
"""The stock figures of the reference cards; thresholds chosen on the pairs they report."""

DEV_THRESHOLD_METRICS: Final = (
    "accuracy_at_dev_threshold",
    "accuracy_dev_threshold",
    "f1_at_dev_threshold",
    "f1_dev_threshold",
    "precision_at_dev_threshold",
    "recall_at_dev_threshold",
)
"""The honest figures: thresholds chosen on other pairs and given to `evaluate`."""

COMPARED_METRICS: Final = tuple(name for name in RANKING_METRICS if name != "Judged@10")

METRIC_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(RANKING_METRICS, "queries"),
    **dict.fromkeys((*BINARY_METRICS, *DEV_THRESHOLD_METRICS), "positives"),
    **dict.fromkeys(("accuracy", "accuracy_threshold"), "pairs"),
    **dict.fromkeys(("accuracy_at_dev_threshold", "accuracy_dev_threshold"), "pairs"),
}
"""What `n` of a row counts. Intervals are over queries, whatever the unit."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of one system, with its 95% interval over queries and its n (METRIC_UNITS).

    `low` and `high` are None for thresholds and where the bootstrap says nothing: see
    `intervals.interval`.
    """

    system: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """`system` minus `against` in one ranking metric: mean over n queries, 95% interval, p."""

    system: str
    against: str
    metric: str
    delta: float
    low: float | None
    high: float | None
    p: float
    n: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What was evaluated on; all queries count, those without a relevant passage as 0."""

    queries: int
    queries_with_relevant: int
    pairs: int
    positives: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one evaluation; `notes` says in words what is missing or undefined."""

    rows: tuple[MetricRow, ...]
    differences: tuple[DifferenceRow, ...]
    per_query: PerQuery
    counts: Counts
    notes: tuple[str, ...]


def evaluate(
    pairs: Sequence[Pair],
    systems: Mapping[str, SystemScores],
    *,
    seed: int = 0,
    thresholds: Mapping[str, Thresholds] | None = None,
) -> Evaluation:
    """Evaluate `systems` on `pairs`; each is compared with every system that stands before it.

    A query that a system did not score is 0, a pair that it did not score is not found, a scored
    passage that nobody judged is ranked as not relevant; `notes` counts them. With `thresholds`,
    per system and chosen on the dev split, DEV_THRESHOLD_METRICS stand beside the stock figures.
    The same input, in any order, and the same seed give the same figures. Raises ValueError for no
    pairs, a repeated pair, a bad gain, a score that is not finite, or thresholds of no system.
    """
    given = dict(thresholds or {})
    if strangers := given.keys() - systems.keys():
        raise ValueError(f"thresholds for systems that are not evaluated: {sorted(strangers)}")
    judged = judged_build(pairs, seed=seed)
    aligned = {name: align(judged, name, scores, seed=seed) for name, scores in systems.items()}
    measures = RankingMeasures(judged)
    values = {name: measures.per_query(scores) for name, scores in aligned.items()}
    notes = [note for scores in aligned.values() for note in scores.notes]
    if not measures.gains_exact:
        notes.append(f"nDCG@10: gains are rounded to 1/{LEVELS} of each query's highest")
    rows = {name: _ranking_rows(name, values[name], seed) for name in systems}
    if bool(judged.relevant.all()) or not bool(judged.relevant.any()):
        label = "relevant" if judged.relevant[0] else "not relevant"
        notes.append(f"binary metrics are undefined: all {len(judged.query)} pairs are {label}")
    else:
        for name in systems:
            rows[name] += _binary_rows(name, judged, aligned[name], given.get(name), seed)
    return Evaluation(
        rows=tuple(row for name in systems for row in rows[name]),
        differences=_differences(values, list(combinations(systems, 2)), seed),
        per_query={name: _named(judged, values[name]) for name in systems},
        counts=_counts(judged),
        notes=tuple(notes),
    )


def thresholds_choose(pairs: Sequence[Pair], scores: SystemScores) -> Thresholds | None:
    """Choose a system's thresholds on these pairs, for `evaluate` on others. None for one class."""
    judged = judged_build(pairs)
    if bool(judged.relevant.all()) or not bool(judged.relevant.any()):
        return None
    return binary.thresholds_best(
        judged.relevant, _filled(align(judged, "thresholds", scores).scores)
    )


def paired_difference(
    per_query: PerQuery, system: str, against: str, *, seed: int = 0
) -> tuple[DifferenceRow, ...]:
    """`system` minus `against` in each of COMPARED_METRICS, from values per query alone.

    The mean difference, its bootstrap interval and the p of the paired randomisation test. Raises
    ValueError where the two were not evaluated on the same queries.
    """
    if per_query[system].keys() != per_query[against].keys():
        raise ValueError(f"{system} and {against} were not evaluated on the same queries")
    queries = sorted(per_query[system])
    values = {
        name: np.array([[per_query[name][q][m] for m in RANKING_METRICS] for q in queries])
        for name in (system, against)
    }
    return _differences(values, [(against, system)], seed)


def _ranking_rows(system: str, values: NDArray[np.float64], seed: int) -> list[MetricRow]:
    n = len(values)
    sampled = bootstrap(n, lambda weights: weights @ values / n, seed=seed)
    return [
        _row(system, metric, float(values[:, column].mean()), sampled[:, column], n, n)
        for column, metric in enumerate(RANKING_METRICS)
    ]


def _binary_rows(
    system: str, judged: Judged, aligned: Aligned, given: Thresholds | None, seed: int
) -> list[MetricRow]:
    labels = judged.relevant
    scores = _filled(aligned.scores, given)
    stock = binary.thresholds_best(labels, scores)
    chosen = [stock] if given is None else [stock, given]
    statistics = [
        binary.average_precision_statistic(labels, scores, judged.query),
        *(binary.threshold_statistic(labels, scores, judged.query, each) for each in chosen),
    ]
    queries = len(judged.query_ids)
    sampled = bootstrap(
        queries, lambda weights: np.hstack([each(weights) for each in statistics]), seed=seed
    )
    values = {"average_precision": binary.average_precision(labels, scores)}
    values |= binary.threshold_values(labels, scores, stock)
    if given is not None:
        honest = binary.threshold_values(labels, scores, given)
        values |= {f"{name}_at_dev_threshold": value for name, value in honest.items()}
    units = {"pairs": len(labels), "positives": int(labels.sum())}
    rows = {
        name: _row(system, name, value, column, units[METRIC_UNITS[name]], queries)
        for (name, value), column in zip(values.items(), sampled.T, strict=True)
    }
    fixed = {"accuracy_threshold": stock.accuracy, "f1_threshold": stock.f1}
    if given is not None:
        fixed |= {"accuracy_dev_threshold": given.accuracy, "f1_dev_threshold": given.f1}
    for name, value in fixed.items():
        rows[name] = MetricRow(system, name, value, None, None, units[METRIC_UNITS[name]])
    return [rows[name] for name in (*BINARY_METRICS, *DEV_THRESHOLD_METRICS) if name in rows]


def _row(
    system: str, metric: str, value: float, sampled: NDArray[np.float64], n: int, queries: int
) -> MetricRow:
    low, high = interval(sampled, queries) or (None, None)
    return MetricRow(system, metric, value, low, high, n)


def _differences(
    values: Mapping[str, NDArray[np.float64]], couples: Sequence[tuple[str, str]], seed: int
) -> tuple[DifferenceRow, ...]:
    couples = [couple for couple in couples if ORACLE not in couple]
    if not couples:
        return ()
    columns = [RANKING_METRICS.index(metric) for metric in COMPARED_METRICS]
    stacked = np.hstack([(values[b] - values[a])[:, columns] for a, b in couples])
    n = len(stacked)
    sampled = bootstrap(n, lambda weights: weights @ stacked / n, seed=seed)
    p = sign_flip_p(stacked, seed=seed)
    names = [(b, a, metric) for a, b in couples for metric in COMPARED_METRICS]
    rows = []
    for column, (system, against, metric) in enumerate(names):
        low, high = interval(sampled[:, column], n) or (None, None)
        delta = float(stacked[:, column].mean())
        rows.append(DifferenceRow(system, against, metric, delta, low, high, float(p[column]), n))
    return tuple(rows)


def _filled(scores: NDArray[np.float64], given: Thresholds | None = None) -> binary.Scores:
    """Put pairs without a score below all others and below the thresholds given.

    `CrossEncoder.predict` returns float32. Where all scores are float32 values they become float32
    again, so that a threshold midway between two is rounded as the stock evaluator rounds it.
    """
    known = scores[np.isfinite(scores)]
    floor = [float(known.min())] if len(known) else [0.0]
    floor += [given.accuracy, given.f1] if given else []
    bottom = min(min(floor) - 1, float(np.nextafter(np.float32(min(floor)), np.float32(-np.inf))))
    filled = np.where(np.isfinite(scores), scores, bottom)
    single = filled.astype(np.float32)
    lossless = bool((single[np.isfinite(scores)] == known).all())
    return single if lossless else filled


def _named(judged: Judged, values: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    return {
        query_id: dict(zip(RANKING_METRICS, row, strict=True))
        for query_id, row in zip(judged.query_ids, values.tolist(), strict=True)
    }


def _counts(judged: Judged) -> Counts:
    return Counts(
        queries=len(judged.query_ids),
        queries_with_relevant=len(np.unique(judged.query[judged.relevant])),
        pairs=len(judged.query),
        positives=int(judged.relevant.sum()),
    )
