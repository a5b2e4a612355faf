"""Where a job stands, for its page: stages with their times, time left, the loss, the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from training.kinds import JobKind, Stage
from training.models import EventKind, JobEvent, JobStatus, TrainingJob
from training.selectors import log_tail

LOSS_ROWS: Final = 60
LOG_LINES: Final = 14
# The last units of a stage say nothing about how long the first ones take.
SHARE_FOR_A_GUESS: Final = 0.02

STAGE_HELP: Final = {
    Stage.CLAIM: "A trainer takes the job and starts a process for it.",
    Stage.LOAD: "The snapshot's files are checked, libraries and base model loaded.",
    Stage.BASELINE: "First stage, BM25 and the untouched base are scored.",
    Stage.SILVER: "The model learns a teacher's order of passages for made-up queries.",
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
class LossRow:
    """A line of the training log."""

    step: int
    epoch: float
    loss: float
    learning_rate: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything that changes while a job runs, in seconds.

    `log` holds the last lines; `log_before` counts those before them.
    """

    stages: list[StageRow]
    elapsed: float | None
    left: float | None
    losses: list[LossRow]
    log: list[JobEvent]
    log_before: int


def progress_of(job: TrainingJob) -> Progress:
    """Read where a job's current attempt stands."""
    now = job.finished_at or timezone.now()
    log, log_before = log_tail(job, LOG_LINES)
    starts = _starts(job)
    begun = starts.get(job.stage)
    running = job.status in (JobStatus.RUNNING, JobStatus.CANCELLING)
    return Progress(
        stages=_stages(job, starts, now),
        elapsed=(now - job.started_at).total_seconds() if job.started_at else None,
        left=_left(job, (now - begun).total_seconds()) if running and begun else None,
        losses=_losses(job),
        log=log,
        log_before=log_before,
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


def _left(job: TrainingJob, elapsed: float) -> float | None:
    """Guess the rest of the current stage from its pace so far."""
    if job.progress < SHARE_FOR_A_GUESS:
        return None
    return elapsed * (1 - job.progress) / job.progress


def _losses(job: TrainingJob) -> list[LossRow]:
    rows = job.events.filter(kind=EventKind.METRIC, attempt=job.attempt).order_by("pk")
    data: list[dict[str, Any]] = list(rows.values_list("data", flat=True))
    return [
        LossRow(
            row["step"], row["epoch"], row["values"]["loss"], row["values"].get("learning_rate")
        )
        for row in thinned([row for row in data if "loss" in row["values"]], LOSS_ROWS)
    ]


def thinned(rows: Sequence[Any], limit: int) -> list[Any]:
    """Return at most `limit` rows, evenly spaced, the first and the last among them."""
    if len(rows) <= limit:
        return list(rows)
    return [rows[round(place * (len(rows) - 1) / (limit - 1))] for place in range(limit)]
