"""Jobs of a project side by side: what differs, their figures, their curves on the same axes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404

from accounts.models import Project
from models_app.evidence import Difference
from models_app.figures import (
    HEADLINE,
    HEADLINE_SPLIT,
    MODEL,
    RANKING,
    Figure,
    metric_unit,
    system_named,
)
from models_app.models import Version
from training.kinds import SPECS, JobKind
from training.models import JobMetric, JobQueryScore, TrainingJob
from training.selectors.comparing import differences_tested
from training.selectors.curves import DEV, TRAINING, curves_of
from training.selectors.jobs import jobs_of, versions_of
from training.selectors.trials import sweep_of

FEWEST: Final = 2
MOST: Final = 6
HOW_MANY: Final = f"Choose {FEWEST} to {MOST} jobs to compare."
FIGURES: Final = (*((MODEL, metric) for metric in RANKING), (MODEL, "average_precision"))
DEV_SPLIT: Final = "dev"
ON_DEV: Final = tuple((MODEL, metric) for metric in (HEADLINE, "MRR@10", "average_precision"))
BESIDE: Final = tuple((system, RANKING[0]) for system in ("base", "bm25", "first_stage"))
# What is looked at first, where it was measured.
CURVES: Final = ("ndcg@10", "loss", "average_precision")


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Something that was asked for, with each job's value; None where a job has none such."""

    name: str
    values: list[Any]
    is_key: bool = True


@dataclass(frozen=True, slots=True)
class RunFigure:
    """One metric of one system on a split, for each job; None where it was not measured."""

    system: str
    metric: str
    figures: list[Figure | None]

    @property
    def title(self) -> str:
        if self.system == MODEL:
            return DEV.get(self.metric, self.metric)
        return f"{self.metric} of {system_named(self.system)}"

    @property
    def unit(self) -> str:
        return metric_unit(self.metric)

    @property
    def counts(self) -> str:
        """The n of each, once where they are the same."""
        return " / ".join(dict.fromkeys(f"{each.n:,}" for each in self.figures if each))


@dataclass(frozen=True, slots=True)
class RunCurve:
    """A measure by optimiser step, for each job: its points in order."""

    name: str
    points: list[dict[int, float]]

    @property
    def title(self) -> str:
        return TRAINING.get(self.name) or DEV.get(self.name, self.name)

    @property
    def rows(self) -> list[tuple[int, list[float | None]]]:
        """Every step at which any job has measured, with each job's value."""
        steps = sorted({step for points in self.points for step in points})
        return [(step, [points.get(step) for points in self.points]) for step in steps]


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Jobs in the order in which they were asked for. `split` is that of `figures`.

    `on_dev` are figures of the dev split, by which settings are chosen. `leads` has, for each job
    but the first, its nDCG@10 minus the first one's, paired over the test queries and adjusted for
    their number by Holm; None where that cannot be told.
    """

    jobs: list[TrainingJob]
    versions: list[Version | None]
    differences: list[RunDifference]
    figures: list[RunFigure]
    on_dev: list[RunFigure]
    leads: list[Difference | None]
    curves: list[RunCurve]
    split: str = HEADLINE_SPLIT

    @property
    def same_snapshot(self) -> bool:
        """Whether all were measured on the same frozen qrels."""
        return len({job.snapshot_id for job in self.jobs}) == 1

    @property
    def tested(self) -> bool:
        """Whether any job could be tested against the first."""
        return any(self.leads)

    @property
    def heads(self) -> list[tuple[TrainingJob, Version | None]]:
        return list(zip(self.jobs, self.versions, strict=True))

    def curve(self, name: str) -> RunCurve | None:
        """Return the curve of this name, or else the one to look at first."""
        found = {curve.name: curve for curve in self.curves}
        wanted = next((each for each in (name, *CURVES, *found) if each in found), None)
        return None if wanted is None else found[wanted]


def runs_chosen(project: Project, keys: Sequence[UUID]) -> list[TrainingJob]:
    """Return the jobs of a project under these keys, oldest first.

    Raises ValidationError for too few or too many, Http404 where one is not of the project.
    """
    wanted = set(keys)
    if not FEWEST <= len(wanted) <= MOST:
        raise ValidationError({"jobs": HOW_MANY})
    found = list(jobs_of(project).filter(pk__in=wanted).order_by("created_at", "pk"))
    if len(found) < len(wanted):
        raise Http404("There is no such job in this project.")
    return found


def runs_compared(jobs: Sequence[TrainingJob]) -> RunsCompared:
    """Put jobs side by side; of a sweep, the curves of its best trial."""
    versions = versions_of(jobs)
    return RunsCompared(
        jobs=list(jobs),
        versions=[versions.get(job.pk) for job in jobs],
        differences=list(_differences(jobs)),
        figures=_figures(jobs, HEADLINE_SPLIT, (*FIGURES, *BESIDE)),
        on_dev=_figures(jobs, DEV_SPLIT, ON_DEV),
        leads=_leads(jobs),
        curves=_curves(jobs),
    )


def _differences(jobs: Sequence[TrainingJob]) -> Iterator[RunDifference]:
    asked: dict[str, list[Any]] = {
        "Kind": [job.get_kind_display() for job in jobs],
        "Base model": [job.base_shown for job in jobs],
        "Trained from": [(job.base_used or {}).get("loaded") for job in jobs],
        "Snapshot": [job.snapshot.short_digest if job.snapshot else None for job in jobs],
        "Reranker": [job.reranker.name if job.reranker else None for job in jobs],
    }
    for name, values in asked.items():
        if _differ(values):
            yield RunDifference(name, values, is_key=False)
    recipes = [_recipe(job) for job in jobs]
    for key in recipes[0]:
        if all(key in recipe for recipe in recipes):
            values = [recipe[key] for recipe in recipes]
            if _differ(values):
                yield RunDifference(key, values)


def _recipe(job: TrainingJob) -> dict[str, Any]:
    """Every key of a job's kind with its value; the default of one that the job is older than."""
    known = SPECS[JobKind(job.kind)].described()
    return {**{item.name: item.plain(item.default) for item in known}, **job.recipe}


def _differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def _leads(jobs: Sequence[TrainingJob]) -> list[Difference | None]:
    values: dict[UUID, dict[str, Mapping[str, float]]] = {job.pk: {} for job in jobs}
    rows = JobQueryScore.objects.filter(job__in=values, split=HEADLINE_SPLIT, system=MODEL)
    for job, query, held in rows.values_list("job", "query_id", "values"):
        values[job][query] = {HEADLINE: held[HEADLINE]}
    first, others = values[jobs[0].pk], [values[job.pk] for job in jobs[1:]]
    same = len({job.snapshot_id for job in jobs}) == 1
    found: list[Difference | None] = [
        differences_tested(first, each)[HEADLINE]
        if same and first and first.keys() == each.keys()
        else None
        for each in others
    ]
    told = [each.p for each in found if each is not None and each.p is not None]
    if told:
        from training.ml.measures.paired import holm  # as `differences_tested`

        adjusted = iter(holm(told))
        found = [each and replace(each, p_holm=next(adjusted)) for each in found]
    return [None, *found]


def _figures(
    jobs: Sequence[TrainingJob], split: str, wanted: Sequence[tuple[str, str]]
) -> list[RunFigure]:
    rows = JobMetric.objects.filter(
        job__in=[job.pk for job in jobs],
        split=split,
        system__in={system for system, _ in wanted},
        metric__in={metric for _, metric in wanted},
    )
    found = {
        (row.job_id, row.system, row.metric): Figure(row.value, row.low, row.high, row.n)
        for row in rows
    }
    lines = [
        RunFigure(system, metric, [found.get((job.pk, system, metric)) for job in jobs])
        for system, metric in wanted
    ]
    return [line for line in lines if any(line.figures)]


def _curves(jobs: Sequence[TrainingJob]) -> list[RunCurve]:
    measured = [_measured(job) for job in jobs]
    names = {name for each in measured for name in each}
    order = [*CURVES, *DEV, *TRAINING, *sorted(names)]
    return [
        RunCurve(name, [dict(each.get(name, {})) for each in measured])
        for name in dict.fromkeys(order)
        if name in names
    ]


def _measured(job: TrainingJob) -> Mapping[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for table in curves_of(job, sweep_of(job).shown):
        if table.name == "silver":
            continue  # its steps are not those of the training
        for row in table.rows:
            for column, value in row.cells:
                if value is not None:
                    found.setdefault(column.name, {})[row.step] = value
    return found
