"""Who comes next: the order in which jobs that wait are taken, fair between projects, and how many
of one project may run and wait."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max

from accounts.models import Project
from training.models import HELD, JobStatus, TrainingJob

NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits; `may_run` is how many of its project may run at once."""

    job_id: UUID
    project_id: int
    created_at: datetime
    may_run: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs that wait, first come first.

    By project: how many run, and when the last one was started, of those that ever were.
    """

    waiting: Sequence[Waiting]
    running: Mapping[int, int]
    started: Mapping[int, datetime | None]

    def order(self) -> list[Waiting]:
        """Return the jobs as they are taken if nothing else happens.

        Projects take turns: each place in a project's own line counts as one more that runs, and
        whoever would have fewest running is first; among equals, whose last start is longest ago.
        """
        places: Counter[int] = Counter()
        keys: dict[UUID, tuple[int, datetime, datetime]] = {}
        for each in self.waiting:
            load = self.running.get(each.project_id, 0) + places[each.project_id]
            last = self.started.get(each.project_id) or NEVER
            keys[each.job_id] = (load, last, each.created_at)
            places[each.project_id] += 1
        return sorted(self.waiting, key=lambda each: keys[each.job_id])

    def claimable(self) -> list[Waiting]:
        """Return the jobs that trainers may take now, next first."""
        free = {
            each.project_id: each.may_run - self.running.get(each.project_id, 0)
            for each in self.waiting
        }
        found = []
        for each in self.order():
            if free[each.project_id] > 0:
                free[each.project_id] -= 1
                found.append(each)
        return found


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """How many jobs are taken before one that waits, and run now: of all projects, and of its own.

    `may_run` is how many of its project may run at once.
    """

    ahead: int
    own_ahead: int
    running: int
    own_running: int
    may_run: int

    @property
    def full(self) -> bool:
        """Whether its project runs as many jobs as it may."""
        return self.own_running >= self.may_run


def queue_now() -> Queue:
    """Read the queue, in three queries."""
    rows = TrainingJob.objects.unclaimed().order_by("created_at", "pk")
    waiting = [
        Waiting(pk, project, created_at, min(limit, settings.PROJECT_RUNNING_JOBS))
        for pk, project, created_at, limit in rows.values_list(
            "pk", "project_id", "created_at", "project__running_jobs"
        )
    ]
    held = TrainingJob.objects.filter(status__in=HELD).order_by()
    jobs = TrainingJob.objects.filter(project__in={each.project_id for each in waiting}).order_by()
    return Queue(
        waiting,
        dict(held.values_list("project_id").annotate(jobs=Count("pk"))),
        dict(jobs.values_list("project_id").annotate(last=Max("started_at"))),
    )


def queue_place(job: TrainingJob) -> QueuePlace | None:
    """Return where a job waits; None where it does not."""
    if job.status != JobStatus.QUEUED:
        return None
    queue = queue_now()
    before: list[Waiting] = []
    for each in queue.order():
        if each.job_id == job.pk:
            return QueuePlace(
                ahead=len(before),
                own_ahead=sum(other.project_id == job.project_id for other in before),
                running=sum(queue.running.values()),
                own_running=queue.running.get(job.project_id, 0),
                may_run=each.may_run,
            )
        before.append(each)
    return None  # it was taken just now


def may_run(project: Project) -> int:
    """Return how many jobs of a project may run at once."""
    return min(project.running_jobs, settings.PROJECT_RUNNING_JOBS)


def may_wait(project: Project) -> int:
    """Return how many jobs of a project may wait at once."""
    return min(project.waiting_jobs, settings.PROJECT_WAITING_JOBS)
