"""What a running job tells, kept in memory until the guard stores it: telling costs nothing."""

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from training.kinds import Stage
from training.models import EventKind
from training.paths import paths_hidden
from training.services.claims import Report

LINE_LIMIT: Final = 2000  # characters of a log line
# The recipe's own names of its steps, where people see another one.
STAGES: Final[Mapping[str, Stage]] = {"save": Stage.REGISTER}


class JobReporter:
    """A `training.ml.reporter.Reporter` whose reports another thread collects with `drain`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._report = Report()
        self._stage = Stage.CLAIM.value

    def stage(self, name: str) -> None:
        stage = Stage(STAGES.get(name, name)).value
        with self._lock:
            if stage == self._stage:
                return
            self._stage = stage
            self._report.stage, self._report.done, self._report.total = self._stage, None, None
            self._add(EventKind.STAGE, {"stage": self._stage})

    def base(self, facts: Mapping[str, Any]) -> None:
        with self._lock:
            self._report.base_used = dict(facts)

    def progress(self, done: int, total: int) -> None:
        with self._lock:
            self._report.done, self._report.total = done, total

    def log(self, line: str) -> None:
        with self._lock:
            self._add(EventKind.LOG, {"line": paths_hidden(line)[:LINE_LIMIT]})

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        with self._lock:
            self._add(
                EventKind.METRIC, {"step": step, "epoch": round(epoch, 4), "values": dict(values)}
            )

    def drain(self) -> Report:
        """Return what was told since the last call and forget it."""
        with self._lock:
            report, self._report = self._report, Report()
        return report

    def put_back(self, report: Report) -> None:
        """Undo a `drain` whose report could not be stored."""
        with self._lock:
            later = self._report
            if later.stage is None:
                later.stage = report.stage
                if later.done is None:
                    later.done, later.total = report.done, report.total
            later.base_used = later.base_used or report.base_used
            later.events[:0] = report.events

    def _add(self, kind: EventKind, data: dict[str, Any]) -> None:
        self._report.events.append((kind, data))
