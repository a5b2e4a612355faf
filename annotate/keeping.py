"""What takes long to count is kept for a while, the longer the more it costs."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from django.core.cache import cache
from django.utils import timezone

SOON: Final = 1.0  # seconds; what takes less is counted anew each time
TIMES: Final = 20
MOST: Final = 600.0

Counted = TypeVar("Counted")


def kept(name: str, count: Callable[[], Counted]) -> tuple[Counted, datetime]:
    """Return what `count` makes, and when it began to; by each process of its own.

    What took more than SOON is kept under its name for TIMES as long as it took, MOST at most.
    """
    held: tuple[Counted, datetime] | None = cache.get(name)
    if held is not None:
        return held
    moment, begun = timezone.now(), time.monotonic()
    made = count(), moment
    seconds = time.monotonic() - begun
    if seconds > SOON:
        cache.set(name, made, min(TIMES * seconds, MOST))
    return made
