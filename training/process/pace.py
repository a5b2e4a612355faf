"""How fast a stage goes, from its own reports of how far it came."""

from collections import deque
from statistics import median
from typing import Final

RECENT: Final = 50  # steps whose median is the pace
FEWEST: Final = 3
# Longer than so many usual steps, and than so many seconds, is a pause: an evaluation on the way,
# or a checkpoint. So many in a row are none: the steps themselves have become slower.
PAUSE_STEPS: Final = 5
PAUSE_SECONDS: Final = 1.0
PAUSES_IN_ROW: Final = 3


class Pace:
    """Seconds per unit: the median of late, and what pauses have added to each unit so far.

    A mean would follow each pause and forget it again; a median alone would never count any.
    """

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._slow: list[float] = []
        self._units = 0
        self._paused = 0.0

    def mark(self, now: float, done: int) -> None:
        """Note that `done` units are through at `now`, in seconds; a step back starts anew."""
        if self._last is None or done < self._last[1]:
            self._start(now, done)
            return
        before, had = self._last
        units = done - had
        if not units:
            return
        self._last = (now, done)
        self._units += units
        self._add((now - before) / units, units)

    @property
    def seconds(self) -> float | None:
        """Seconds per unit to expect, or None while too little is known."""
        if len(self._recent) < FEWEST:
            return None
        return median(self._recent) + self._paused / self._units

    def _start(self, now: float, done: int) -> None:
        self._last = (now, done)
        self._recent.clear()
        self._slow.clear()
        self._units, self._paused = 0, 0.0

    def _add(self, each: float, units: int) -> None:
        usual = median(self._recent) if len(self._recent) >= FEWEST else None
        extra = 0.0 if usual is None else (each - usual) * units
        if usual is None or each < PAUSE_STEPS * usual or extra < PAUSE_SECONDS:
            self._slow.clear()
            self._recent.append(each)
            return
        self._paused += extra
        self._slow.append(each)
        if len(self._slow) == PAUSES_IN_ROW:
            self._recent.clear()
            self._recent.extend(self._slow)
            self._slow.clear()
            self._units, self._paused = units, 0.0
