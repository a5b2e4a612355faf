"""Passages that splits have in common are counted by a worker, once a snapshot is frozen."""

import logging
from time import monotonic

from django.db import OperationalError
from django.db.models.functions import Now

from accounts.blobs import blob_fetch, scratch_folder
from accounts.locks import work_held
from annotate.frozen.copies import copies_count
from annotate.frozen.splitting import SPLITS
from annotate.models import Copies, CopiesStatus, Snapshot
from annotate.services.bell import COPIES, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, GAVE_UP, attempt_begin

logger = logging.getLogger(__name__)


def copies_find(*, snapshot_id: int) -> None:
    """Count, for a frozen snapshot; whoever comes second finds nothing to do."""
    with work_held("copies", snapshot_id) as held:
        attempt = attempt_begin(model=Copies, pk=snapshot_id) if held else 0
        if not attempt:
            return
        if attempt > ATTEMPTS_MAX:
            _settle(snapshot_id, status=CopiesStatus.FAILED, error=GAVE_UP)
            return
        try:
            _count(snapshot_id)
        except OperationalError:
            raise  # a lost database: the sweep rings again
        except FileNotFoundError:
            # An erasure has put other files in their place meanwhile: the sweep rings again.
            logger.exception("files of snapshot %s are gone", snapshot_id)
        except Exception:  # the boundary of a worker: any bug ends this count and is logged
            logger.exception("copies of snapshot %s crashed", snapshot_id)
            error = "An internal error ended the count; the server's log says more."
            _settle(snapshot_id, status=CopiesStatus.FAILED, error=error)


def _count(snapshot_id: int) -> None:
    begun = monotonic()
    snapshot = Snapshot.objects.get(pk=snapshot_id)
    with scratch_folder("copies") as folder:
        for name in SPLITS:
            file = f"{name}.jsonl"
            blob_fetch(snapshot.files[file]["sha256"], folder / file)
        found = copies_count(folder, folder)
    seconds = round(monotonic() - begun, 3)
    _settle(snapshot_id, status=CopiesStatus.READY, found=found, seconds=seconds, counted_at=Now())


def _settle(snapshot_id: int, **fields: object) -> None:
    Copies.objects.filter(pk=snapshot_id, status=CopiesStatus.RUNNING).update(**fields)


def copies_enqueue(*, snapshot_id: int) -> None:
    """Tell a worker that a count waits; telling it twice is harmless."""
    worker_ring(task=COPIES, pk=snapshot_id)


def copies_requeue() -> None:
    """Publish unfinished counts again: their doorbell, or their worker, may have been lost."""
    for pk in Copies.objects.filter(status=CopiesStatus.RUNNING).values_list("pk", flat=True):
        copies_enqueue(snapshot_id=pk)
