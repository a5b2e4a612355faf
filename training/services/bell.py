"""The broker as a doorbell: a message says that a job may wait, the row says whether it does."""

import logging
from typing import Any, Final
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

logger = logging.getLogger(__name__)

QUEUE: Final = "trainer"
TASK: Final = "training.tasks.job_supervise"


def job_ring(*, job_id: UUID) -> None:
    """Ring for a trainer; ringing twice is harmless, and beat rings again where nobody heard it."""
    try:
        current_app.send_task(TASK, [str(job_id)], queue=QUEUE)
    except BrokerError as error:
        logger.warning("Beat will ring for job %s later: %s", job_id, error)


def bells_waiting() -> int:
    """Return how many messages wait for a trainer."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        try:
            return int(channel.queue_declare(QUEUE, passive=True).message_count)
        except connection.channel_errors:
            return 0  # Valkey does not know a queue that is empty
