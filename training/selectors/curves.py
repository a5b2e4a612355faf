"""What a job has measured on its way, as tables by step from which a page draws its charts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from training.models import EventKind, JobEvent, TrainingJob
from training.spec.silver import CURVE

ROWS: Final = 60  # of a table; more events are thinned evenly

TRAINING: Final[Mapping[str, str]] = {
    "loss": "Loss",
    "learning_rate": "Learning rate",
    "grad_norm": "Gradient norm",
    "pairs_per_second": "Pairs per second",
    "tokens_per_second": "Tokens per second",
    "memory_bytes": "Memory, MB",
}
DEV: Final[Mapping[str, str]] = {
    "ndcg@10": "nDCG@10",
    "mrr@10": "MRR@10",
    "map": "MAP",
    "average_precision": "Average precision",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "accuracy": "Accuracy",
}
SILVER: Final[Mapping[str, str]] = {
    name: TRAINING[name] for name in ("loss", "pairs_per_second", "tokens_per_second")
}
_TITLES: Final = {
    "dev": "Dev split on the way",
    "training": "Training",
    "silver": "Silver stage",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A measure: its name without the split's, and what people call it."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class CurveRow:
    """What was measured after `step` optimiser steps; None where a column was not."""

    step: int
    epoch: float
    cells: list[tuple[Column, float | None]]


@dataclass(frozen=True, slots=True)
class CurveTable:
    """Measures by step, of `training`, of the `dev` split, or of the `silver` stage.

    `thinned` says whether more was measured than the rows show.
    """

    name: str
    columns: list[Column]
    rows: list[CurveRow]
    thinned: bool = False

    @property
    def title(self) -> str:
        return _TITLES[self.name]

    @property
    def newest(self) -> float | None:
        """The newest value of the first column."""
        return self.last.get(self.columns[0].name)

    @property
    def last(self) -> dict[str, float]:
        """Each measure's newest value."""
        return {
            column.name: value
            for row in self.rows
            for column, value in row.cells
            if value is not None
        }


@dataclass(slots=True)
class _Point:
    """Everything that one attempt measured after one step."""

    attempt: int
    step: int
    epoch: float
    values: dict[str, float] = field(default_factory=dict)


def curves_of(job: TrainingJob, trial: int | None = None) -> list[CurveTable]:
    """Return the tables of the dev split, of training and of the silver stage, those with rows.

    Of trial number `trial` where it is named; all trials share one silver stage. An attempt that
    went on from a checkpoint follows what was before it; one that began anew replaces it. A query
    for each table and one more, however long the run is.
    """
    measured = job.events.filter(kind=EventKind.METRIC)
    silver = Q(data__values__has_key=f"{CURVE}loss")
    trained = Q(data__values__has_any_keys=list(TRAINING))
    if trial is not None:
        measured = measured.filter(silver | Q(data__trial=trial))
    parts = {
        "dev": (DEV, ~trained & ~silver, f"{job.recipe.get('validation_name', 'dev')}_"),
        "training": (TRAINING, trained, ""),
        "silver": (SILVER, silver, CURVE),
    }
    counts = measured.aggregate(
        **{name: Count("pk", filter=which) for name, (_, which, _) in parts.items()}
    )
    return [
        _table(name, titles, measured.filter(which), counts[name], prefix)
        for name, (titles, which, prefix) in parts.items()
        if counts[name]
    ]


def _thinned(rows: QuerySet[JobEvent], count: int) -> QuerySet[JobEvent]:
    """Return at most ROWS of `count` events, oldest first, the first and the last among them."""
    rows = rows.order_by("pk")
    if count <= ROWS:
        return rows
    places = {1 + round(place * (count - 1) / (ROWS - 1)) for place in range(ROWS)}
    row = Window(RowNumber(), order_by=F("pk").asc())
    return rows.annotate(row=row).filter(row__in=places)


def _table(
    name: str, titles: Mapping[str, str], rows: QuerySet[JobEvent], count: int, prefix: str
) -> CurveTable:
    found = _points(_thinned(rows, count).values_list("attempt", "data"), prefix)
    measured = {each for point in found for each in point.values}
    columns = [Column(each, titles[each]) for each in titles if each in measured]
    columns += [Column(each, each) for each in sorted(measured - titles.keys())]
    return CurveTable(
        name,
        columns,
        [
            CurveRow(p.step, p.epoch, [(column, p.values.get(column.name)) for column in columns])
            for p in found
        ],
        thinned=count > ROWS,
    )


def _points(rows: Any, prefix: str) -> list[_Point]:
    """Return the points in order of their steps, as `curves_of` says."""
    found: list[_Point] = []
    for attempt, data in rows:
        while found and _replaced(found[-1], attempt, data["step"]):
            found.pop()
        if not found or (found[-1].attempt, found[-1].step) != (attempt, data["step"]):
            found.append(_Point(attempt, data["step"], data["epoch"]))
        found[-1].values |= dict(_named(data["values"], prefix))
    return found


def _replaced(last: _Point, attempt: int, step: int) -> bool:
    return last.step > step or (last.step == step and last.attempt < attempt)


def _named(values: Mapping[str, float], prefix: str) -> Iterator[tuple[str, float]]:
    """Yield the measures under their own names; a threshold is a score, and no measure."""
    for name, value in values.items():
        own = name.removeprefix(prefix)
        if not own.endswith("_threshold"):
            yield own, value
