"""Evaluation of any number of systems on the same judged pairs: values, intervals, differences.

Every judged query counts. Equal scores are ordered by a seeded hash, never in anyone's favour.
Metrics come from `ir_measures` and scikit-learn, intervals from a bootstrap over queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from training.ml.data import Pair
from training.ml.measures.binary import Thresholds, thresholds_best
from training.ml.measures.figures import (
    Figures,
    binary_figures,
    dev_threshold_figures,
    ranking_figures,
    resample,
    scores_filled,
)
from training.ml.measures.intervals import Floats, interval
from training.ml.measures.judged import Judged, SystemScores, align, judged_build
from training.ml.measures.paired import paired_test
from training.ml.measures.ranking import LEVELS, RANKING_METRICS, RankingMeasures
from training.ml.measures.systems import bm25_scores, first_stage_scores, oracle_scores

__all__ = [
    "BINARY_METRICS",
    "COMPARED_METRICS",
    "DEV_THRESHOLD_METRICS",
    "METRIC_UNITS",
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
"""Judged@10 says how much of a ranking was judged, not how good it is."""

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
    """`system` minus `against` in one ranking metric: mean over n queries, 95% interval, p.

    `effect` and `spread` are those of `paired.Paired`. `p_holm` is p adjusted for the family of
    comparisons that a verdict is about, None in all others.
    """

    system: str
    against: str
    metric: str
    delta: float
    low: float | None
    high: float | None
    p: float
    n: int
    effect: float | None = None
    spread: float | None = None
    p_holm: float | None = None


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
    passage that nobody judged is ranked as not relevant; `notes` counts them, and Judged@10 says
    how much of a ranking they are. With `thresholds`, per system and chosen on the dev split,
    DEV_THRESHOLD_METRICS stand beside the stock figures.
    The same input, in any order, and the same seed give the same figures. Raises ValueError for no
    pairs, a repeated pair, a bad gain, a score that is not finite, or thresholds of no system.
    """
    given = dict(thresholds or {})
    if strangers := given.keys() - systems.keys():
        raise ValueError(f"thresholds for systems that are not evaluated: {sorted(strangers)}")
    judged = judged_build(pairs, seed=seed)
    counts = _counts(judged)
    measures = RankingMeasures(judged)
    both = 0 < counts.positives < counts.pairs
    notes: list[str] = []
    values: dict[str, Floats] = {}
    parts: list[tuple[str, Figures]] = []
    laid = {name: align(judged, name, scores, seed=seed) for name, scores in systems.items()}
    for name, aligned in laid.items():
        notes += aligned.notes
        values[name] = measures.per_query(aligned)
        parts.append((name, ranking_figures(values[name], RANKING_METRICS)))
        if both:
            parts.append((name, binary_figures(judged, aligned)))
        if both and name in given:
            parts.append((name, dev_threshold_figures(judged, aligned, given[name])))
    notes += _notes(counts, gains_exact=measures.gains_exact)
    return Evaluation(
        rows=_rows(parts, counts, seed),
        differences=_differences(values, list(combinations(systems, 2)), seed),
        per_query={name: _named(judged, values[name]) for name in systems},
        counts=counts,
        notes=tuple(notes),
    )


def thresholds_choose(pairs: Sequence[Pair], scores: SystemScores) -> Thresholds | None:
    """Choose a system's thresholds on these pairs, for `evaluate` on others. None for one class."""
    judged = judged_build(pairs)
    if bool(judged.relevant.all()) or not bool(judged.relevant.any()):
        return None
    return thresholds_best(judged.relevant, scores_filled(align(judged, "thresholds", scores)))


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
        name: np.array([[per_query[name][q][m] for m in COMPARED_METRICS] for q in queries])
        for name in (system, against)
    }
    return _differences(values, [(against, system)], seed)


def _notes(counts: Counts, *, gains_exact: bool) -> list[str]:
    notes = []
    if not gains_exact:
        notes.append(f"nDCG@10: gains are rounded to 1/{LEVELS} of each query's highest")
    if counts.positives in {0, counts.pairs}:
        label = "relevant" if counts.positives else "not relevant"
        notes.append(f"binary metrics are undefined: all {counts.pairs} pairs are {label}")
    return notes


def _rows(parts: Sequence[tuple[str, Figures]], counts: Counts, seed: int) -> tuple[MetricRow, ...]:
    if not parts:
        return ()
    units = {"queries": counts.queries, "pairs": counts.pairs, "positives": counts.positives}
    sampled = resample([part for _, part in parts], counts.queries, seed=seed)
    rows = []
    for (system, part), columns in zip(parts, sampled, strict=True):
        bounds = {
            metric: interval(column, counts.queries)
            for metric, column in zip(part.resampled, columns.T, strict=True)
        }
        for metric, value in part.values.items():
            low, high = bounds.get(metric) or (None, None)
            rows.append(MetricRow(system, metric, value, low, high, units[METRIC_UNITS[metric]]))
    return tuple(rows)


def _differences(
    values: Mapping[str, Floats], couples: Sequence[tuple[str, str]], seed: int
) -> tuple[DifferenceRow, ...]:
    if not couples:
        return ()
    columns = [RANKING_METRICS.index(metric) for metric in COMPARED_METRICS]
    stacked = np.hstack([(values[b] - values[a])[:, columns] for a, b in couples])
    names = [(b, a, metric) for a, b in couples for metric in COMPARED_METRICS]
    tested = paired_test(stacked, seed=seed)
    return tuple(
        DifferenceRow(*name, row.delta, row.low, row.high, row.p, row.n, row.effect, row.spread)
        for name, row in zip(names, tested, strict=True)
    )


def _named(judged: Judged, values: Floats) -> dict[str, dict[str, float]]:
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
