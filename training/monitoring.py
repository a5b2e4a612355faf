"""What Prometheus reads of the training room."""

from collections.abc import Iterator

from accounts.monitoring import Figure, by_status, oldest_age
from training.models import JobStatus, TrainingJob


def figures() -> Iterator[Figure]:
    """Return how the training jobs of all projects stand."""
    jobs = TrainingJob.objects.all()
    yield Figure("arbiter_jobs", "Training jobs by status.", by_status(jobs, JobStatus.values))
    yield Figure(
        "arbiter_job_queued_oldest_seconds",
        "How long the oldest training job has waited for a trainer; 0 where none waits.",
        oldest_age(TrainingJob.objects.unclaimed().order_by()),
    )
    yield Figure(
        "arbiter_jobs_abandoned",
        "Running jobs whose trainer no longer renews its lease.",
        TrainingJob.objects.abandoned().count(),
    )
