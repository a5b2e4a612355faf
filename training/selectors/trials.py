"""The trials of a sweep, from what the job has told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Final

from training.models import EventKind, TrainingJob, TrialState
from training.selectors.curves import DEV

SEED: Final = "seed"
HEADLINES: Final = ("ndcg@10", "average_precision")


@dataclass(frozen=True, slots=True)
class TrialFigure:
    """A figure on the dev split with its 95% interval, where one was given."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: in which keys of the recipe it differs, and how it did on the dev split.

    `stopped` says that the job ended while it ran.
    """

    number: int
    of: int
    changes: Mapping[str, Any]
    state: TrialState
    values: Mapping[str, float]
    seconds: float | None
    stopped: bool = False

    @property
    def finished(self) -> bool:
        return self.state in (TrialState.DONE, TrialState.BEST)

    @property
    def best(self) -> bool:
        return self.state == TrialState.BEST

    def figure(self, metric: str) -> TrialFigure | None:
        """Return its figure for a metric, or None."""
        value = self.values.get(metric)
        if value is None:
            return None
        return TrialFigure(
            value, self.values.get(f"{metric}_low"), self.values.get(f"{metric}_high")
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation (n - 1) of a metric over trials that differ by seed only."""

    changes: Mapping[str, Any]
    metric: str
    title: str
    n: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """All trials of a job that were told of, and what there is to see of them."""

    trials: Sequence[Trial]
    spreads: Sequence[Spread]

    @property
    def of(self) -> int:
        return max((trial.of for trial in self.trials), default=0)

    @property
    def finished(self) -> int:
        return sum(trial.finished for trial in self.trials)

    @property
    def keys(self) -> list[str]:
        """The keys in which trials differ, the seed last."""
        found = dict.fromkeys(key for trial in self.trials for key in trial.changes)
        return sorted(found, key=lambda key: key == SEED)

    @property
    def metrics(self) -> list[tuple[str, str]]:
        """Names and titles of the figures: those that trials are chosen by first."""
        given = {name for trial in self.trials for name in trial.values}
        given = {name for name in given if not name.endswith(("_low", "_high", "_threshold"))}
        order = [*HEADLINES, *sorted(given - set(HEADLINES))]
        return [(name, DEV.get(name, name)) for name in order if name in given]

    @property
    def rows(self) -> list[tuple[Trial, list[Any], list[TrialFigure | None]]]:
        """Each trial with its values of `keys` and its figures of `metrics`."""
        return [
            (
                trial,
                [trial.changes.get(key) for key in self.keys],
                [trial.figure(name) for name, _ in self.metrics],
            )
            for trial in self.trials
        ]

    @property
    def shown(self) -> int | None:
        """The trial whose curves are shown first: the one that runs, or the best, or the last."""
        for state in (TrialState.RUNNING, TrialState.BEST):
            for trial in self.trials:
                if trial.state == state and not trial.stopped:
                    return trial.number
        return self.trials[-1].number if self.trials else None


def sweep_of(job: TrainingJob) -> Sweep:
    """Return a job's trials by number, each as it was last told of."""
    rows = job.events.filter(kind=EventKind.TRIAL).order_by("pk").values_list("data", flat=True)
    last: dict[int, dict[str, Any]] = {}
    for data in rows:
        # A trial that begins anew has no figures yet; one that is chosen as the best keeps its own.
        begins = data["state"] == TrialState.RUNNING
        before = {} if begins else last.get(data["number"], {})
        seconds = before.get("seconds") if data["seconds"] is None else data["seconds"]
        values = before.get("values", {}) | data["values"]
        last[data["number"]] = data | {"values": values, "seconds": seconds}
    trials = [
        Trial(
            number=number,
            of=data["of"],
            changes=data["changes"],
            state=TrialState(data["state"]),
            values=data["values"],
            seconds=data["seconds"],
            stopped=job.finished and data["state"] == TrialState.RUNNING,
        )
        for number, data in sorted(last.items())
    ]
    return Sweep(trials, list(_spreads(trials)))


def _spreads(trials: Sequence[Trial]) -> list[Spread]:
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        if trial.finished:
            alike = {key: value for key, value in trial.changes.items() if key != SEED}
            groups.setdefault(repr(sorted(alike.items())), []).append(trial)
    found = []
    for group in groups.values():
        alike = {key: value for key, value in group[0].changes.items() if key != SEED}
        for metric in HEADLINES:
            values = [each.values[metric] for each in group if metric in each.values]
            if len(values) > 1:
                title = DEV[metric]
                found.append(Spread(alike, metric, title, len(values), mean(values), stdev(values)))
    return found
