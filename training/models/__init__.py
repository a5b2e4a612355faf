"""Jobs, what they report while they run, and what they measured or found."""

from training.models.doubts import JobDoubt
from training.models.events import EventKind, JobEvent, TrialState
from training.models.gates import APPROVALS_MOST, Gate
from training.models.jobs import (
    HELD,
    JOB_MOVES,
    JOB_TERMINAL,
    JobStatus,
    TrainingJob,
    TrainingJobQuerySet,
)
from training.models.likely import LikelyPair, Why
from training.models.results import JobMetric, JobQueryScore

__all__ = [
    "APPROVALS_MOST",
    "HELD",
    "JOB_MOVES",
    "JOB_TERMINAL",
    "EventKind",
    "Gate",
    "JobDoubt",
    "JobEvent",
    "JobMetric",
    "JobQueryScore",
    "JobStatus",
    "LikelyPair",
    "TrainingJob",
    "TrainingJobQuerySet",
    "TrialState",
    "Why",
]
