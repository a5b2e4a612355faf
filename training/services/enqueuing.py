"""Jobs of all kinds join the queue here, as many of a project as may wait."""

import uuid
from typing import Any

from django.db import transaction

from accounts.locks import turn_wait
from accounts.models import Project
from accounts.problems import ConflictError
from training.models import JobStatus, TrainingJob
from training.selectors.queueing import may_wait
from training.services.bell import job_ring


@transaction.atomic
def job_enqueue(*, project: Project, **fields: Any) -> TrainingJob:
    """Store a job that waits, and ring for a trainer once that is committed.

    Raises ConflictError where as many jobs of the project wait as may.
    """
    project_turn(project.pk)
    project.refresh_from_db(fields=["running_jobs", "waiting_jobs"])
    limit = may_wait(project)
    if project.training_jobs.filter(status=JobStatus.QUEUED).count() >= limit:
        raise ConflictError(
            f"{limit} job{'s' if limit > 1 else ''} of this project wait{'' if limit > 1 else 's'}"
            " already, and no more may. Cancel one, or ask again once one has started."
        )
    job = TrainingJob.objects.create(id=uuid.uuid4(), project=project, **fields)
    transaction.on_commit(lambda: job_ring(job_id=job.pk))
    return job


def project_turn(project_id: int) -> None:
    """Wait until nobody else counts this project's jobs; the triggers take the same turns."""
    turn_wait(f"jobs of project {project_id}")
