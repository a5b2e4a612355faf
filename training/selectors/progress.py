"""Where a job stands, for its page: stages with their times, time left, curves, memory, the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from training.kinds import JobKind, Stage
from training.models import EventKind, JobEvent, JobStatus, TrainingJob
from training.selectors.curves import CurveTable, curves_of
from training.selectors.forecast import job_left, stage_left
from training.selectors.jobs import log_tail
from training.selectors.trials import Sweep, sweep_of

LOG_LINES: Final = 14

STAGE_HELP: Final = {
    Stage.CLAIM: "A trainer takes the job and starts a process for it.",
    Stage.LOAD: "The snapshot's files are checked, libraries and base model loaded.",
    Stage.BASELINE: "First stage, BM25 and the untouched base are scored.",
    Stage.SILVER: "The model learns a teacher's order of passages for made-up queries.",
    Stage.MINE: "Negatives are looked for, where the recipe asks for them.",
    Stage.TEACH: "The teacher scores the training pairs.",
    Stage.TRAIN: "The model learns from the training split.",
    Stage.EVALUATE: "The new model is scored on the very same candidates.",
    Stage.BM25: "Every passage is indexed for the queries' words, and searched.",
    Stage.ENCODE: "The bi-encoder reads every query and passage.",
    Stage.SEARCH: "Every query's vector meets every passage's.",
    Stage.SCORE: "The version reads every candidate; its scores are stored query by query.",
    Stage.STORE: "What both found becomes candidates, with ranks and scores.",
    Stage.REGISTER: "Weights, figures and card are saved.",
    Stage.FINISH: "The version is published.",
}

# Where a stage means something else in a job that does not train.
_OWN_HELP: Final[Mapping[str, Mapping[Stage, str]]] = {
    JobKind.POOL: {
        Stage.LOAD: "Queries and passages are copied, equal texts once.",
        Stage.FINISH: "What was found is counted.",
    },
    JobKind.CURVE: {
        Stage.TRAIN: "Models learn from ever larger parts, and are scored on what they never saw.",
        Stage.EVALUATE: "A curve is drawn through the points, with what lies ahead.",
        Stage.FINISH: "The curve is kept; no version is published.",
    },
    JobKind.DOUBT: {
        Stage.TRAIN: "Each part of the queries is scored by a model of all others.",
        Stage.EVALUATE: "Labels are held against those scores.",
        Stage.FINISH: "Doubts are kept; no version is published.",
    },
    JobKind.SCORE: {
        Stage.LOAD: "The version's files are checked and loaded.",
        Stage.FINISH: "An order of the queue that looks at the scores is made anew.",
    },
}


@dataclass(frozen=True, slots=True)
class StageRow:
    """A step of the job; `seconds` is None while it is ahead.

    `state` is done, current or ahead, or how the job ended in this stage: failed or cancelled.
    """

    stage: Stage
    help: str
    state: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that the job's processes hold, and held at most, in main memory or on devices."""

    bytes: int
    peak: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything that changes while a job runs, in seconds.

    `left` is that of the stage, `job_left` that of the whole job. `rate` counts units a second.
    `trial` is the one that `curves` are of. `log` holds the last lines, and `log_before` counts
    those before them.
    """

    stages: list[StageRow]
    elapsed: float | None
    left: float | None
    job_left: float | None
    rate: float | None
    memory: Memory | None
    device_memory: Memory | None
    curves: list[CurveTable]
    sweep: Sweep
    trial: int | None
    log: list[JobEvent]
    log_before: int

    @property
    def last(self) -> dict[str, float]:
        """Each measure's newest value; one of the silver stage until there is another."""
        tables = reversed(self.curves)
        return {name: value for table in tables for name, value in table.last.items()}


def progress_of(job: TrainingJob, trial: int | None = None) -> Progress:
    """Read where a job's current attempt stands; `trial` names the one whose curves are wanted."""
    now = job.finished_at or timezone.now()
    log, log_before = log_tail(job, LOG_LINES)
    starts = _starts(job)
    running = job.status in (JobStatus.RUNNING, JobStatus.CANCELLING)
    sweep = sweep_of(job)
    trial = trial if trial in [each.number for each in sweep.trials] else sweep.shown
    begun = starts.get(job.stage)
    spent = (now - begun).total_seconds() if begun else None
    left = stage_left(job, spent, sweep.trials) if running else None
    memory, device = _memory(job)
    return Progress(
        stages=_stages(job, starts, now),
        elapsed=(now - job.started_at).total_seconds() if job.started_at else None,
        left=left,
        job_left=job_left(job, starts, now, left),
        rate=_rate(job) if running else None,
        memory=memory,
        device_memory=device,
        curves=curves_of(job, trial),
        sweep=sweep,
        trial=trial,
        log=log,
        log_before=log_before,
    )


def _rate(job: TrainingJob) -> float | None:
    """Return the units that a stage does in a second; parts of a whole say nothing so."""
    return 1 / job.pace if job.pace and job.stage != Stage.SILVER else None


def seconds_left(job: TrainingJob) -> float | None:
    """Return the seconds until a running job's end, as far as that can be told."""
    if job.status != JobStatus.RUNNING:
        return None
    starts, now = _starts(job), timezone.now()
    begun = starts.get(job.stage)
    spent = (now - begun).total_seconds() if begun else None
    return job_left(job, starts, now, stage_left(job, spent, sweep_of(job).trials))


def _memory(job: TrainingJob) -> tuple[Memory | None, Memory | None]:
    found = job.memory or {}
    return (
        Memory(found["bytes"], found["peak_bytes"]) if found else None,
        Memory(found["device_bytes"], found["device_peak_bytes"])
        if found.get("device_bytes") is not None
        else None,
    )


def _starts(job: TrainingJob) -> dict[str, datetime]:
    rows = job.events.filter(kind=EventKind.STAGE, attempt=job.attempt).order_by("pk")
    return {row.data["stage"]: row.at for row in rows}


def _stages(job: TrainingJob, starts: dict[str, datetime], now: datetime) -> list[StageRow]:
    order = job.stages
    current = order.index(Stage(job.stage))
    waiting = job.status == JobStatus.QUEUED or job.started_at is None
    rows = []
    for place, stage in enumerate(order):
        begun = starts.get(stage)
        ended = next((starts[each] for each in order[place + 1 :] if each in starts), now)
        rows.append(
            StageRow(
                stage=stage,
                help=_OWN_HELP.get(job.kind, STAGE_HELP).get(stage, STAGE_HELP[stage]),
                state="ahead" if waiting else _state(job, place - current),
                seconds=(ended - begun).total_seconds() if begun and not waiting else None,
            )
        )
    return rows


def _state(job: TrainingJob, distance: int) -> str:
    if distance < 0 or job.status == JobStatus.SUCCEEDED:
        return "done"
    if distance > 0:
        return "ahead"
    return job.status if job.finished else "current"
