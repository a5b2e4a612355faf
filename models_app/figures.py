"""A version's stored metrics as tables. Only orders and names them; nothing is measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

HEADLINE: Final = "nDCG@10"
HEADLINE_SPLIT: Final = "test"
MODEL: Final = "model"

SYSTEMS: Final[Mapping[str, str]] = {
    "first_stage": "First stage",
    "bm25": "BM25",
    "base": "Untouched base",
    "champion": "Previous champion",
    "model": "This version",
    "random_order": "Random order",
    "best_order": "Best possible order",
    "one_answer": "One answer for all",
}
REFERENCES: Final = frozenset({"random_order", "best_order", "one_answer"})
"""What figures are read against and what is no system: see `training.ml.measures.references`."""
_IN_A_SENTENCE: Final[Mapping[str, str]] = {
    "first_stage": "the first stage",
    "base": "the untouched base",
    "champion": "the previous champion",
}
SPLITS: Final[Mapping[str, str]] = {"test": "Test", "dev": "Dev", "train": "Training"}
RANKING: Final = ("nDCG@10", "MRR@10", "MAP", "P@1", "P@5", "Recall@10", "bpref", "Judged@10")
BINARY: Final[Mapping[str, str]] = {
    "average_precision": "Average precision",
    "accuracy": "Accuracy, best threshold on this split",
    "accuracy_threshold": "The threshold with the best accuracy",
    "f1": "F1, best threshold on this split",
    "f1_threshold": "The threshold with the best F1",
    "precision": "Precision at the threshold with the best F1",
    "recall": "Recall at the threshold with the best F1",
    "accuracy_at_dev_threshold": "Accuracy, threshold chosen on dev",
    "accuracy_dev_threshold": "The threshold chosen on dev for accuracy",
    "f1_at_dev_threshold": "F1, threshold chosen on dev",
    "f1_dev_threshold": "The threshold chosen on dev for F1",
    "precision_at_dev_threshold": "Precision at the dev threshold for F1",
    "recall_at_dev_threshold": "Recall at the dev threshold for F1",
}
ALPHA: Final = 0.05
"""The level of a verdict: how often it errs where nothing differs, over all its comparisons."""
_PAIRS: Final = frozenset(name for name in BINARY if name.startswith("accuracy"))


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval over queries, where there is one, and the n behind it."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def bar(self) -> dict[str, float]:
        """Where value and interval lie on an axis from 0 to 1 that is 200 units long."""
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        places = {"at": self.value, "low": low, "high": high}
        return {name: round(200 * min(1.0, max(0.0, x)), 1) for name, x in places.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a name, and one figure per column; None where nothing was measured."""

    name: str
    title: str
    figures: list[Figure | None]
    is_model: bool = False

    @property
    def is_reference(self) -> bool:
        return self.name in REFERENCES

    @property
    def n(self) -> int:
        return next((figure.n for figure in self.figures if figure is not None), 0)

    @property
    def unit(self) -> str:
        return metric_unit(self.name)

    @property
    def is_threshold(self) -> bool:
        """Whether these are scores to cut at, not measures of quality."""
        return self.name.endswith("_threshold") and "_at_" not in self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one split."""

    split: str
    title: str
    columns: list[str]
    rows: list[Row]

    @property
    def has_references(self) -> bool:
        return any(row.is_reference for row in self.rows)

    @property
    def heads(self) -> list[tuple[str, int]]:
        """Each column's name with the n behind it, of the first row that has one."""
        counts = [
            next((f.n for f in column if f is not None), 0)
            for column in zip(*(row.figures for row in self.rows), strict=True)
        ]
        return list(zip(self.columns, counts, strict=True))


def figure_of(metrics: Mapping[str, Any], split: str, system: str, metric: str) -> Figure | None:
    """Return one stored figure, or None."""
    found = metrics.get(split, {}).get(system, {}).get(metric)
    if not found or found.get("value") is None:
        return None
    return Figure(found["value"], found.get("low"), found.get("high"), found.get("n") or 0)


def ranking_tables(metrics: Mapping[str, Any]) -> list[Table]:
    """Return one table per split: a row per system, a column per ranking metric."""
    tables = []
    for split in splits_of(metrics):
        columns = [name for name in RANKING if _measured(metrics, split, name)]
        rows = [
            Row(
                system,
                system_title(system),
                [figure_of(metrics, split, system, metric) for metric in columns],
                system == MODEL,
            )
            for system in systems_of(metrics, split)
        ]
        rows = [row for row in rows if any(row.figures)]
        if columns and rows:
            tables.append(Table(split, split_title(split), columns, rows))
    return tables


def binary_tables(metrics: Mapping[str, Any]) -> list[Table]:
    """Return one table per split: a row per binary metric, a column per system."""
    tables = []
    for split in splits_of(metrics):
        names = [name for name in metrics_of(metrics, split) if name not in RANKING]
        systems = [
            s
            for s in systems_of(metrics, split)
            if any(figure_of(metrics, split, s, name) for name in names)
        ]
        rows = [
            Row(name, BINARY.get(name, name), [figure_of(metrics, split, s, name) for s in systems])
            for name in names
        ]
        if rows and systems:
            titles = [system_title(system) for system in systems]
            tables.append(Table(split, split_title(split), titles, rows))
    return tables


def metric_unit(metric: str) -> str:
    """Return what the n of a metric counts."""
    if metric in RANKING:
        return "queries"
    return "pairs" if metric in _PAIRS else "positives"


def systems_of(metrics: Mapping[str, Any], split: str) -> list[str]:
    """Return a split's systems in the order in which they are read."""
    return _ordered(metrics.get(split, {}), tuple(SYSTEMS))


def splits_of(metrics: Mapping[str, Any]) -> list[str]:
    """Return the splits that were measured, test first."""
    return _ordered(metrics, tuple(SPLITS))


def metrics_of(metrics: Mapping[str, Any], split: str) -> list[str]:
    """Return the names of all metrics of a split."""
    names = {name for values in metrics.get(split, {}).values() for name in values}
    return _ordered(names, (*RANKING, *BINARY))


def row_word(row: Mapping[str, Any]) -> str:
    """Return the word for a stored difference: by p as adjusted for its family, else by interval.

    Only comparisons that a verdict is about have such a p.
    """
    p = row.get("p_holm")
    if p is None:
        return difference_word(row.get("low"), row.get("high"))
    if p > ALPHA or not row["delta"]:
        return "undecided"
    return "better" if row["delta"] > 0 else "worse"


def difference_word(low: float | None, high: float | None) -> str:
    """Return `better` or `worse` where a difference's interval excludes 0, else `undecided`."""
    if low is None or high is None:
        return "undecided"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "undecided"


def system_title(name: str) -> str:
    return SYSTEMS.get(name, name)


def system_named(name: str) -> str:
    """Return a system's name as it stands within a sentence."""
    return _IN_A_SENTENCE.get(name, system_title(name))


def split_title(name: str) -> str:
    return SPLITS.get(name, name)


def _measured(metrics: Mapping[str, Any], split: str, metric: str) -> bool:
    return any(metric in values for values in metrics.get(split, {}).values())


def _ordered(names: Any, order: Sequence[str]) -> list[str]:
    """Order names as listed, unknown ones last by name: a JSON column keeps no order."""
    rank = {name: row for row, name in enumerate(order)}
    return sorted(names, key=lambda name: (rank.get(name, len(rank)), name))
