"""The models that the scorer holds: each is loaded once, the least recently used goes first."""

import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil
from django.conf import settings
from django.db import connection

from training.ml.backends.fidelity import Limits
from training.ml.models.golden import LIMIT
from training.ml.serving.asked import Answer, Ask
from training.ml.serving.engine import Engine, Work
from training.ml.serving.sharing import Sharing
from training.scorer.loading import Loaded, backend_before, version_load
from training.spec.score import TORCH

log = logging.getLogger(__name__)

# Pairs of requests by which a backend is tried where nothing is judged.
TEXTS_LEAST: Final = 32
TEXTS_MOST: Final = 128
# What trying backends may take of this machine's memory: torch and the model once more.
SPARE: Final = 2 << 30
# How far a backend's scores of the golden pairs may be from the version's own: as of judged pairs.
FAITHFUL: Final = Limits().difference


@dataclass(frozen=True, slots=True)
class Contract:
    """How a version's golden pairs came out here, by torch; without any it has no contract."""

    pairs: int
    difference: float

    @property
    def kept(self) -> bool:
        return bool(self.pairs) and self.difference <= LIMIT


class Served:
    """A version that serves. It begins with torch; a faster backend takes over once it is known."""

    def __init__(self, revision: str, choosing: threading.Lock) -> None:
        self.revision = revision
        self.backend = TORCH
        self._loaded: Loaded = version_load(revision)
        self.engine = Engine(self._loaded.published)
        self.contract = self._contract()
        self.choosing = False
        self._one_at_a_time = choosing
        self._learning = threading.Lock()
        self._seen: list[tuple[str, str]] = []
        self._wanted = settings.SCORER_BACKENDS and self.engine.plain and not self._take_over()
        if self._wanted and self._loaded.judged:
            self._choose()

    def score(self, ask: Ask, sharing: Sharing, *, within: float) -> Answer:
        """Score what a caller asks; raises what `Engine.work` and `Sharing.compute` raise."""
        work = self.engine.work(ask)
        found = work.answer(sharing.compute(self.engine, work, within=within))
        if self._wanted:
            self._learn(work)
        return found

    def _learn(self, work: Work) -> None:
        """Where nothing was judged, keep a few texts for a while: backends are tried on them."""
        with self._learning:
            self._seen += work.texts[: max(0, TEXTS_MOST - len(self._seen))]
            if self._wanted and len(self._seen) >= TEXTS_LEAST:
                self._choose()

    def _choose(self) -> None:
        self._wanted = False
        self.choosing = True
        texts, self._seen = self._seen, []
        threading.Thread(target=self._chosen, args=(texts,), name="choosing", daemon=True).start()

    def _chosen(self, texts: Sequence[tuple[str, str]]) -> None:
        """Have a process of its own choose, one at a time: it converts, and may die of that."""
        try:
            with self._one_at_a_time:
                free = psutil.virtual_memory().available
                if free < SPARE:
                    log.warning("%d MiB are free: no backend is tried", free >> 20)
                elif _chosen_by_process(self.revision, texts):
                    self._take_over()
        finally:
            self.choosing = False

    def _take_over(self) -> bool:
        """Say whether a backend was chosen on this host before, which then serves."""
        try:
            held = backend_before(self._loaded)
        except Exception:  # of a foreign runtime: torch serves as well
            log.exception("The backend of %s does not load", self.revision)
            return False
        if held is None:
            return False
        choice, forward = held
        golden = self._loaded.golden
        if golden and (far := self.engine.golden(golden, forward)) > FAITHFUL:
            log.warning("%s: golden pairs are off by %.4f", choice.backend, far)
            return False
        self.engine.forward, self.backend = forward, choice.backend
        log.info("%s: %s", self.revision[:12], choice.line())
        return True

    def _contract(self) -> Contract:
        golden = self._loaded.golden
        if golden is None:
            return Contract(0, 0.0)
        found = Contract(len(golden.scores), self.engine.golden(golden, self.engine.exact))
        if not found.kept:
            log.error("%s scores golden pairs otherwise by %.6f", self.revision, found.difference)
        return found


def _chosen_by_process(revision: str, texts: Sequence[tuple[str, str]]) -> bool:
    manage = str(settings.BASE_DIR / "manage.py")
    ended = subprocess.run(
        [sys.executable, manage, "choose_backend", revision],
        input=json.dumps(list(texts)).encode(),
        check=False,
    )
    if ended.returncode:
        log.warning("No backend was chosen for %s: status %s", revision[:12], ended.returncode)
    return not ended.returncode


class Shelf:
    """The versions that serve, `size` of them at most."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._served: OrderedDict[str, Served] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._choosing = threading.Lock()

    def get(self, revision: str) -> Served:
        """Return the version, loaded now if it is not here; raises what `version_load` raises."""
        with self._lock:
            loading = self._loading.setdefault(revision, threading.Lock())
        with loading:
            if (held := self._held(revision)) is not None:
                return held
            try:
                served = Served(revision, self._choosing)
            finally:
                connection.close()  # the scorer has many threads, and loads rarely
                with self._lock:
                    self._loading.pop(revision, None)
            with self._lock:
                self._served[revision] = served
                while len(self._served) > self._size:
                    gone, _ = self._served.popitem(last=False)
                    log.info("%s makes room", gone[:12])
            return served

    def held(self) -> list[Served]:
        """Return what is loaded, the least recently used first."""
        with self._lock:
            return list(self._served.values())

    def _held(self, revision: str) -> Served | None:
        with self._lock:
            if revision in self._served:
                self._served.move_to_end(revision)
            return self._served.get(revision)
