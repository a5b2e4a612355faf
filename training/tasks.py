"""Celery is another way to call the services; each task may be delivered twice, or too late."""

from uuid import UUID

from celery import shared_task

from training.process import scratch, supervising
from training.services import erasing, jobs


@shared_task(acks_late=False)
def job_supervise(job_id: str) -> None:
    """Acknowledged early: the row says whether there is anything to do, and beat rings again."""
    supervising.job_supervise(job_id=UUID(job_id))


@shared_task
def jobs_sweep() -> None:
    jobs.jobs_sweep()


@shared_task
def erasure_run(erasure_id: int) -> None:
    """What is done already is found so by its row."""
    erasing.erasure_run(erasure_id=erasure_id)
    _clear()


@shared_task
def works_clear() -> None:
    """Remove what was kept long enough, or for a project that is gone, on this machine."""
    _clear()


def _clear() -> None:
    scratch.works_clear()
    scratch.silver_clear()
