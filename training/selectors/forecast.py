"""How long a job will still take: its stage by its pace, the stages ahead by what is usual."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Final
from uuid import UUID

from django.db.models import F

from training.kinds import JobKind, Stage
from training.models import EventKind, JobEvent, JobStatus, TrainingJob
from training.selectors.trials import Trial

# The first units of a stage say little about how long the others take.
SHARE_FOR_A_GUESS: Final = 0.02
JOBS: Final = 10  # the newest of its kind in the project tell what is usual

# Shares of a job's time where no job has succeeded yet; of stages that are ahead only their
# relation to those that are known counts.
USUAL: Final[Mapping[JobKind, Mapping[Stage, float]]] = {
    JobKind.TRAIN: {
        Stage.CLAIM: 0.02, Stage.LOAD: 0.08, Stage.BASELINE: 0.13, Stage.SILVER: 2.0,
        Stage.MINE: 0.1, Stage.TEACH: 0.3,
        Stage.TRAIN: 0.6, Stage.EVALUATE: 0.13, Stage.REGISTER: 0.03, Stage.FINISH: 0.01,
    },
    JobKind.POOL: {
        Stage.CLAIM: 0.02, Stage.LOAD: 0.05, Stage.BM25: 0.15, Stage.ENCODE: 0.6,
        Stage.SEARCH: 0.1, Stage.STORE: 0.07, Stage.FINISH: 0.01,
    },
    JobKind.CURVE: {
        Stage.CLAIM: 0.01, Stage.LOAD: 0.03, Stage.SILVER: 0.5, Stage.MINE: 0.03,
        Stage.TRAIN: 0.94, Stage.EVALUATE: 0.01, Stage.FINISH: 0.01,
    },
    JobKind.DOUBT: {
        Stage.CLAIM: 0.01, Stage.LOAD: 0.03, Stage.SILVER: 0.5, Stage.MINE: 0.03,
        Stage.TRAIN: 0.94, Stage.EVALUATE: 0.01, Stage.FINISH: 0.01,
    },
    JobKind.EVALUATE: {
        Stage.CLAIM: 0.02, Stage.LOAD: 0.08, Stage.BASELINE: 0.4, Stage.EVALUATE: 0.49,
        Stage.FINISH: 0.01,
    },
    JobKind.SCORE: {
        Stage.CLAIM: 0.02, Stage.LOAD: 0.05, Stage.SCORE: 0.92, Stage.FINISH: 0.01,
    },
}  # fmt: skip


def stage_left(
    job: TrainingJob, elapsed: float | None, trials: Sequence[Trial] = ()
) -> float | None:
    """Return the seconds that the stage will still take; None while that cannot be told.

    By its pace, or where that is not known yet by what it has taken so far, `elapsed` seconds.
    Where trials run, `done` counts within the running one: those after it take as long as those
    before it did, or as this one seems to take.
    """
    if not job.total:
        return None
    if job.holds_out:
        trials = ()  # `done` counts within all of them
    if job.pace is None:
        told = elapsed is not None and job.progress >= SHARE_FOR_A_GUESS and not trials
        return elapsed * (1 - job.progress) / job.progress if elapsed and told else None
    left = (job.total - job.done) * job.pace
    ahead = max((trial.of for trial in trials), default=0) - len(trials)
    if ahead > 0:
        took = [trial.seconds for trial in trials if trial.finished and trial.seconds]
        left += ahead * (median(took) if took else job.total * job.pace)
    return left


def job_left(
    job: TrainingJob, starts: Mapping[str, datetime], now: datetime, left: float | None
) -> float | None:
    """Return the seconds until the job's end; None until a stage that takes long can be told.

    `starts` says when stages began, `left` what `stage_left` returns.
    """
    if left is None or job.stage not in starts:
        return None
    stages = job.stages
    here = stages.index(Stage(job.stage))
    ended = [starts.get(stage) for stage in stages[: here + 1]]
    known = {stages[here]: (now - starts[job.stage]).total_seconds() + left}
    for stage, begun, end in zip(stages, ended, ended[1:], strict=False):
        if begun is not None and end is not None:
            known[stage] = (end - begun).total_seconds()
    usual = usual_shares(job)
    # How long training takes is for the recipe to say, and tells nothing of the other stages.
    known = {stage: took for stage, took in known.items() if stage != Stage.TRAIN} or known
    share = sum(usual.get(stage, 0.0) for stage in known)
    ahead = sum(usual.get(stage, 0.0) for stage in stages[here + 1 :])
    return left + (ahead / share * sum(known.values()) if share else 0.0)


def usual_shares(job: TrainingJob) -> Mapping[Stage, float]:
    """Return the share of its time that each stage took: the median of the project's last jobs.

    Where none of this kind has succeeded, what is usual elsewhere.
    """
    rows = TrainingJob.objects.filter(
        project=job.project_id, kind=job.kind, status=JobStatus.SUCCEEDED
    )
    done = rows.order_by("-created_at").values("pk")[:JOBS]
    events = JobEvent.objects.filter(
        kind=EventKind.STAGE, job__in=done, attempt=F("job__attempt")
    ).order_by("pk")
    begun: dict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    ends: dict[UUID, datetime] = {}
    for pk, stage, at, end in events.values_list("job", "data__stage", "at", "job__finished_at"):
        begun[pk].append((stage, at))
        ends[pk] = end or at
    found: dict[Stage, list[float]] = defaultdict(list)
    for pk, stages in begun.items():
        times = [*(at for _, at in stages), ends[pk]]
        whole = (times[-1] - times[0]).total_seconds()
        for (stage, at), after in zip(stages, times[1:], strict=True):
            if whole > 0:
                found[Stage(stage)].append((after - at).total_seconds() / whole)
    if not found:
        return USUAL.get(JobKind(job.kind), {})
    return {stage: median(shares) for stage, shares in found.items()}
