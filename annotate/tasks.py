"""Celery is another way to call the services; each task takes an id and may be delivered twice."""

from celery import shared_task

from annotate.services import erasing, importing, leasing, snapshots


@shared_task
def import_run(import_id: int) -> None:
    importing.import_run(import_id=import_id)


@shared_task
def snapshot_freeze(snapshot_id: int) -> None:
    snapshots.snapshot_freeze(snapshot_id=snapshot_id)


@shared_task
def work_requeue() -> None:
    """Ring again for what is unfinished; a lock keeps a second worker off running work."""
    importing.imports_requeue()
    snapshots.snapshots_requeue()
    erasing.erasures_requeue()


@shared_task
def leases_sweep() -> None:
    """Tidy expired leases away; they bind nobody anyway."""
    leasing.leases_expire()


@shared_task
def uploads_sweep() -> None:
    """Remove uploads that belong to no import."""
    importing.uploads_sweep()
