"""What a running job tells, kept in memory until the guard stores it: telling costs nothing."""

from collections.abc import Mapping
from socket import gethostname
from threading import Lock
from time import monotonic
from typing import Any, Final

from training.continuing import Checkpoint
from training.kinds import Stage
from training.models import EventKind, TrialState
from training.paths import paths_hidden
from training.process.memory import MemoryUse
from training.process.pace import Pace
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
        self._pace = Pace()
        self._memory: MemoryUse | None = None
        self._trial: int | None = None
        self._trials: tuple[int, int] | None = None

    def stage(self, name: str) -> None:
        stage = Stage(STAGES.get(name, name)).value
        with self._lock:
            if stage == self._stage:
                return
            self._stage, self._pace = stage, Pace()
            self._report.stage, self._report.done, self._report.total = self._stage, None, None
            self._add(EventKind.STAGE, {"stage": self._stage})

    def base(self, facts: Mapping[str, Any]) -> None:
        with self._lock:
            self._report.base_used = dict(facts)

    def progress(self, done: int, total: int) -> None:
        with self._lock:
            self._pace.mark(monotonic(), done)
            self._report.done, self._report.total = done, total

    def kept(self, step: int, steps: int) -> None:
        trial, trials = self._trials or (None, None)
        with self._lock:
            silver = self._stage == Stage.SILVER
            found = Checkpoint(step, steps, trial, trials, host=gethostname(), silver=silver)
            self._report.checkpoint = found.to_dict()

    def log(self, line: str) -> None:
        with self._lock:
            self._add(EventKind.LOG, {"line": paths_hidden(line)[:LINE_LIMIT]})

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        with self._lock:
            found = dict(values)
            if self._memory is not None and "loss" in found:
                found.setdefault("memory_bytes", self._memory.bytes)
            data = {"step": step, "epoch": round(epoch, 4), "values": found}
            self._add(EventKind.METRIC, data | self._of_trial())

    def trial(
        self,
        number: int,
        of: int,
        changes: Mapping[str, Any],
        state: str,
        values: Mapping[str, float],
        seconds: float | None,
    ) -> None:
        with self._lock:
            self._trial = number if state == TrialState.RUNNING else None
            self._trials = (number, of)
            self._add(
                EventKind.TRIAL,
                {
                    "number": number,
                    "of": of,
                    "changes": dict(changes),
                    "state": TrialState(state).value,
                    "values": dict(values),
                    "seconds": seconds,
                },
            )

    def memory(self, use: MemoryUse) -> None:
        """What the job's processes hold, as its guard has measured it."""
        with self._lock:
            if use != self._memory:
                self._memory, self._report.memory = use, use.to_dict()

    def drain(self) -> Report:
        """Return what was told since the last call and forget it."""
        with self._lock:
            report, self._report = self._report, Report()
            report.pace = self._pace.seconds
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
            later.memory = later.memory or report.memory
            later.checkpoint = later.checkpoint or report.checkpoint
            later.events[:0] = report.events

    def _of_trial(self) -> dict[str, int]:
        return {} if self._trial is None else {"trial": self._trial}

    def _add(self, kind: EventKind, data: dict[str, Any]) -> None:
        self._report.events.append((kind, data))
