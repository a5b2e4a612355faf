"""The words of passages for the search: read in the background, a batch to a transaction."""

import time
from typing import Final

from django.db import connection, transaction

from annotate.services.bell import WORDS, worker_ring

_BATCH: Final = 1_000
# A task that runs longer keeps a worker from imports; it rings for the next one.
_SECONDS: Final = 30.0

# The rows are locked before their texts are looked up: a wording that changes meanwhile waits for
# this transaction, and empties the words again.
_LOCK: Final = """
SELECT passage_id FROM annotate_passagewords WHERE words IS NULL
ORDER BY passage_id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_READ: Final = """
UPDATE annotate_passagewords w SET words = annotate_words(p.title, t.text)
FROM annotate_passage p JOIN annotate_text t ON t.id = p.text_id
WHERE w.passage_id = ANY(%s) AND p.id = w.passage_id
"""


def passages_read(*, seconds: float = _SECONDS) -> int:
    """Read the words of passages that are new or changed; returns how many.

    Ends after about so many seconds, and rings for another worker where more is left.
    """
    end = time.monotonic() + seconds
    total = 0
    while number := _batch_read():
        total += number
        if time.monotonic() > end:
            worker_ring(task=WORDS)
            break
    return total


@transaction.atomic
def _batch_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_BATCH])
        keys = [key for (key,) in cursor.fetchall()]
        if keys:
            cursor.execute(_READ, [keys])
    return len(keys)
