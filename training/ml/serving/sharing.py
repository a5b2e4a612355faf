"""One thread that computes for all callers: batches of like length, filled across requests.

Who came first is computed first. What room is left in a batch goes to the pairs of others who wait
for the same model, as far as they are about as long: padding would cost what sharing saves.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.ml.serving.asked import BusyError, LateError
from training.ml.serving.engine import Engine, Work
from training.ml.tokenised import TOKENS

ALIKE: Final = 0.5
"""How long a pair is at the least, in times of the longest one, that joins a batch of others."""
_RECENT: Final = 0.2
"""How much of the speed that waiting times are told by is the last batch's."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One caller's work; `left` are the pairs not computed yet, the longest first."""

    engine: Engine
    work: Work
    values: NDArray[np.float64]
    left: deque[int]
    done: int = 0
    error: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def tokens(self) -> int:
        return int(self.work.lengths[list(self.left)].sum())


_Batch = list[tuple[_Waiting, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was computed so far: batches, those that held pairs of several callers, and pairs."""

    batches: int = 0
    shared: int = 0
    pairs: int = 0


class Sharing:
    """Computes the work of many callers, in a thread of its own; at most `limit` pairs wait."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._rate = 0.0  # tokens per second
        self.counts = Counts()
        threading.Thread(target=self._run, name="sharing", daemon=True).start()

    def compute(self, engine: Engine, work: Work, *, within: float) -> NDArray[np.float64]:
        """Return the logits of a work's pairs.

        Raises BusyError where too many wait already, LateError after `within` seconds, and what
        computing raises. Work that is larger than the limit is done where nothing else waits.
        """
        longest_first = np.argsort(-work.lengths, kind="stable").tolist()
        own = _Waiting(engine, work, np.zeros(len(work.texts)), deque(longest_first))
        if not work.texts:
            return own.values
        with self._changed:
            self._admit(own)
            self._waiting.append(own)
            self._changed.notify()
        if not own.ended.wait(within):
            with self._changed:
                self._drop(own)
            raise LateError(f"Nothing was computed within {within:.0f} s.")
        if own.error is not None:
            raise own.error
        return own.values

    @property
    def pairs_waiting(self) -> int:
        """Pairs that are not computed yet."""
        with self._changed:
            return self._pairs()

    def _pairs(self) -> int:
        return sum(len(each.left) for each in self._waiting)

    def _admit(self, own: _Waiting) -> None:
        waiting = self._pairs()
        if waiting and waiting + len(own.left) > self._limit:
            tokens = sum(each.tokens for each in self._waiting)
            raise BusyError(max(1, math.ceil(tokens / self._rate)) if self._rate else 1)

    def _drop(self, own: _Waiting) -> None:
        if own in self._waiting:
            self._waiting.remove(own)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                batch = self._next()
            self._compute(batch)

    def _next(self) -> _Batch:
        """Take the pairs that are computed next, all of one model."""
        first = self._waiting[0]
        longest = int(first.work.lengths[first.left[0]])
        if not first.engine.plain:
            return [(first, first.left.popleft()) for _ in range(len(first.left))]
        room = max(1, first.engine.batch * TOKENS // max(1, longest))
        batch: _Batch = []
        for each in self._waiting:
            if each.engine is not first.engine:
                continue
            least = 0.0 if each is first else ALIKE * longest
            batch += [(each, place) for place in _taken(each, room - len(batch), least, longest)]
            if len(batch) == room:
                break
        return batch

    def _compute(self, batch: _Batch) -> None:
        begun = time.perf_counter()
        first = batch[0][0]
        values: Sequence[float] | NDArray[np.float64] | NDArray[np.float32]
        try:
            if first.engine.plain:
                values = first.engine.compute([each.work.rows[place] for each, place in batch])
            else:
                found = first.engine.compute_texts(first.work.texts)
                values = found[[place for _, place in batch]]
            if not np.isfinite(values).all():
                raise ArithmeticError("The model's scores are not numbers.")
        except Exception as error:
            # Runtimes fail with errors of any type: whoever waits for these pairs is told.
            with self._changed:
                for each in {each for each, _ in batch}:
                    each.error = error
                    self._end(each)
            return
        tokens = sum(int(each.work.lengths[place]) for each, place in batch)
        self._learn(tokens, time.perf_counter() - begun)
        with self._changed:
            for (each, place), value in zip(batch, values, strict=True):
                each.values[place] = value
                each.done += 1
            callers = {each for each, _ in batch}
            self.counts = Counts(
                self.counts.batches + 1,
                self.counts.shared + (len(callers) > 1),
                self.counts.pairs + len(batch),
            )
            for each in callers:
                if each.done == len(each.values):
                    self._end(each)

    def _end(self, each: _Waiting) -> None:
        each.left.clear()
        self._drop(each)
        each.ended.set()

    def _learn(self, tokens: int, seconds: float) -> None:
        rate = tokens / max(seconds, 1e-6)
        self._rate = rate if not self._rate else (1 - _RECENT) * self._rate + _RECENT * rate


def _taken(each: _Waiting, room: int, least: float, longest: int) -> list[int]:
    """Take up to `room` of a caller's pairs, the longest first, within the two lengths."""
    lengths = each.work.lengths
    taken: list[int] = []
    skipped: list[int] = []
    while each.left and len(taken) < room:
        place = each.left.popleft()
        if lengths[place] > longest:
            skipped.append(place)
        elif lengths[place] < least:
            each.left.appendleft(place)
            break
        else:
            taken.append(place)
    each.left.extendleft(reversed(skipped))
    return taken
