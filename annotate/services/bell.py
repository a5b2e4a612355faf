"""The broker as a doorbell: a message says that a row may wait, the row says whether it does."""

import logging
from typing import Final

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

IMPORT: Final = "annotate.tasks.import_run"
SNAPSHOT: Final = "annotate.tasks.snapshot_freeze"
COPIES: Final = "annotate.tasks.copies_count"
AGREEMENT: Final = "annotate.tasks.agreement_measure"
WORDS: Final = "annotate.tasks.passages_read"
BULK: Final = "annotate.tasks.bulk_run"
QUEUE: Final = "annotate.tasks.queue_arrange"
PAIRS: Final = "annotate.tasks.pairs_make"
ERASURE: Final = "training.tasks.erasure_run"  # it goes through versions as well

logger = logging.getLogger(__name__)


def worker_ring(*, task: str, pk: int | None = None) -> None:
    """Ring for a worker, for one row or for whatever waits.

    Ringing twice is harmless, and beat rings again where nobody heard it.
    """
    try:
        current_app.send_task(task, [] if pk is None else [pk])
    except BrokerError as error:
        logger.warning("Beat will ring for %s of %s later: %s", task, pk, error)
