"""What lies in the broker for the workers, read from the real queue."""

from celery import current_app
from kombu import Queue


def bells_taken() -> list[tuple[str, int]]:
    """Take every message for the workers off the queue; returns (task, id) of those with an id."""
    found = []
    with current_app.connection_for_read() as connection:
        queue = Queue(current_app.conf.task_default_queue, channel=connection.default_channel)
        while (message := queue.get(no_ack=True)) is not None:
            ids, *_ = message.decode()
            found += [(str(message.headers["task"]), int(pk)) for pk in ids]
    return found
