"""Celery is another way to call the services; each task takes an id and may be delivered twice."""

from celery import shared_task

from annotate.services import (
    agreement,
    arranging,
    bulk,
    copies,
    erasing,
    importing,
    indexing,
    leasing,
    pair_leasing,
    pairing,
    snapshots,
)


@shared_task
def import_run(import_id: int) -> None:
    importing.import_run(import_id=import_id)


@shared_task
def snapshot_freeze(snapshot_id: int) -> None:
    snapshots.snapshot_freeze(snapshot_id=snapshot_id)


@shared_task
def copies_count(snapshot_id: int) -> None:
    copies.copies_find(snapshot_id=snapshot_id)


@shared_task
def agreement_measure(report_id: int) -> None:
    agreement.agreement_measure(report_id=report_id)


@shared_task
def bulk_run(bulk_id: int) -> None:
    bulk.bulk_run(bulk_id=bulk_id)


@shared_task
def passages_read() -> None:
    """Read the words of passages, so that the search finds them."""
    indexing.passages_read()


@shared_task
def queue_arrange(project_id: int) -> None:
    arranging.queue_arrange(project_id=project_id)


@shared_task
def pairs_make(project_id: int) -> None:
    pairing.pairs_make(project_id=project_id)


@shared_task
def work_requeue() -> None:
    """Ring again for what is unfinished; a lock keeps a second worker off running work."""
    importing.imports_requeue()
    snapshots.snapshots_requeue()
    copies.copies_requeue()
    agreement.agreements_requeue()
    arranging.queues_requeue()
    pairing.pairs_requeue()
    bulk.bulks_requeue()
    erasing.erasures_requeue()


@shared_task
def leases_sweep() -> None:
    """Tidy expired leases away; they bind nobody anyway."""
    leasing.leases_expire()
    pair_leasing.pair_leases_expire()


@shared_task
def uploads_sweep() -> None:
    """Remove uploads that belong to no import."""
    importing.uploads_sweep()
