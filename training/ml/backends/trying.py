"""Backends measured against torch on one host: how fast in alternation, and how faithful."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from time import monotonic, perf_counter
from typing import Final

import numpy as np
from sentence_transformers import CrossEncoder

from training.ml.backends.base import Backend, Texts
from training.ml.backends.choice import Trial
from training.ml.backends.fidelity import QUERIES_LEAST, Fidelity, Floats, Yardstick
from training.ml.backends.kept import Kept
from training.ml.data import Pair
from training.ml.scoring import Forward, logits, torch_forward
from training.ml.templates import Templates

BATCH: Final = 32  # pairs of 128 tokens: 4,096 tokens at once suit two cores and many
FIRST: Final = 8  # pairs from which torch's speed is told at first
LEAST: Final = 16  # pairs of a sample, where there are as many
MOST: Final = 128
PASS: Final = 4.0  # seconds of torch that a sample is meant to take
ROUNDS: Final = 3
JUDGED: Final = (45.0, 180.0)  # seconds of torch for judged pairs, at least and at most
SHARE: Final = 0.05  # of the seconds that torch would take for everything, between these two
BOX: Final = 120.0  # seconds after which no further backend is tried


@dataclass(slots=True)
class Tried:
    """A backend that scores the sample; `factor` is its speed in times of torch's."""

    name: str
    forward: Forward
    sample: Floats
    seconds: list[float] = field(default_factory=list)
    factor: float = 0.0


class Trying:
    """Times backends on a sample of texts; `rate` is torch's pairs per second on it."""

    def __init__(self, model: CrossEncoder, texts: Texts, kept: Kept) -> None:
        self._model, self._texts, self._kept = model, texts, kept
        self._exact = torch_forward(model)
        self._begun = monotonic()
        first = _spread(texts, FIRST)
        # What a first call sets up is not measured.
        self.rate = len(first) / min(self._timed(first, self._exact)[0] for _ in range(2))
        pairs = int(min(MOST, max(LEAST, PASS * self.rate)))
        self._sample = _spread(texts, pairs)

    def all(self, backends: Sequence[Backend]) -> tuple[list[Tried], list[Trial]]:
        """Make, load and time the backends; those that fail are told of as trials.

        They take turns, torch among them, and the best of each one's turns counts: what else this
        machine does meanwhile hits all alike.
        """
        _, self._sampled = self._timed(self._sample, self._exact)
        tried: list[Tried] = []
        failed: list[Trial] = []
        for backend in backends:
            if monotonic() - self._begun > BOX:
                failed.append(Trial(backend.name, refused="there was no time left to try it"))
                continue
            try:
                forward = conversion_load(backend, self._model, self._texts, self._kept)
                found = self._logits(self._sample, forward)
            except Exception as error:
                # Foreign compilers and runtimes fail with errors of any type; torch scores anyway.
                said = str(error).strip().partition("\n")[0][:200]
                failed.append(
                    Trial(backend.name, refused=f"failed: {said or type(error).__name__}")
                )
                continue
            tried.append(Tried(backend.name, forward, found))
        self._race(tried)
        return tried, failed

    def judging(self, judged: Sequence[Pair], templates: Templates, *, of: int) -> "Judging":
        """Return what compares backends on judged pairs, as many as torch scores in a while.

        More where more is to be scored, `of` pairs in all: of few queries chance changes the mean.
        """
        least, most = JUDGED
        seconds = min(most, max(least, SHARE * of / self.rate))
        pairs = _whole_queries(judged, int(seconds * self.rate))
        texts = [
            templates.pair(query=pair.query, title=pair.title, text=pair.text) for pair in pairs
        ]
        exact = self._logits(texts, self._exact)
        return Judging(self._model, texts, Yardstick(pairs), exact, self._sampled)

    def _race(self, tried: Sequence[Tried]) -> None:
        exact: list[float] = []
        for _ in range(ROUNDS):
            exact.append(self._timed(self._sample, self._exact)[0])
            for each in tried:
                each.seconds.append(self._timed(self._sample, each.forward)[0])
        self.rate = len(self._sample) / min(exact)
        for each in tried:
            each.factor = min(exact) / min(each.seconds)

    def _timed(self, texts: Texts, forward: Forward) -> tuple[float, Floats]:
        start = perf_counter()
        found = self._logits(texts, forward)
        return perf_counter() - start, found

    def _logits(self, texts: Texts, forward: Forward) -> Floats:
        return logits(self._model, texts, batch_size=BATCH, forward=forward)


@dataclass(frozen=True, slots=True)
class Judging:
    """Judged pairs as torch scores them (`exact`), and the sample as it scored that (`sampled`)."""

    model: CrossEncoder
    texts: Texts
    yardstick: Yardstick
    exact: Floats
    sampled: Floats

    def fidelity(self, tried: Tried) -> Fidelity:
        """Score the judged pairs with a backend, and compare."""
        found = logits(self.model, self.texts, batch_size=BATCH, forward=tried.forward)
        return self.yardstick.compare(
            np.concatenate([self.exact, self.sampled]), np.concatenate([found, tried.sample])
        )


def conversion_load(backend: Backend, model: CrossEncoder, texts: Texts, kept: Kept) -> Forward:
    """Return what computes a backend's logits, its files made first where there are none."""
    if not backend.files:
        return backend.load(model, Path())
    folder = kept.conversion(backend.files, lambda made: backend.convert(model, texts, made))
    return backend.load(model, folder)


def _spread(texts: Texts, count: int) -> Texts:
    """Return texts of every length, as many of each as there are."""
    ordered = sorted(texts, key=lambda pair: len(pair[0]) + len(pair[1]))
    places = np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int)
    return [ordered[place] for place in places.tolist()]


def _whole_queries(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Return the pairs of whole queries, drawn by a hash of their ids.

    They are about `most`, and as many more as nDCG needs queries with a relevant passage.
    """
    key = attrgetter("query_id")
    groups = [(name, list(own)) for name, own in groupby(sorted(pairs, key=key), key)]
    groups.sort(key=lambda group: sha256(group[0].encode()).digest())
    found: list[Pair] = []
    useful = 0
    for _, own in groups:
        if useful >= QUERIES_LEAST and len(found) + len(own) > most:
            break
        found += own
        useful += any(pair.gain > 0 for pair in own)
    return found
