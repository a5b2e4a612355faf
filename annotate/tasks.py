"""Short idempotent tasks of the annotate room."""

from celery import shared_task

from annotate.services.leasing import leases_expire


@shared_task
def leases_sweep() -> None:
    """Tidy expired leases away."""
    leases_expire()
