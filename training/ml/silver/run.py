"""The silver stage: a corpus without labels teaches a base to compare a query with a passage.

A fresh head knows nothing, and a few hundred labels cannot teach it. So queries are made from the
corpus, a teacher orders passages for them, the model learns that order, and the labels come after.
"""

import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from sentence_transformers import CrossEncoder

from training.ml.errors import DataError
from training.ml.keeping.clock import CHECKPOINT_SECONDS
from training.ml.models.find import BaseInfo
from training.ml.reporter import Reporter
from training.ml.search.languages import DEFAULT
from training.ml.search.tokens import Tokens
from training.ml.silver.cache import SilverCache, key_of
from training.ml.silver.held_out import AGREEMENT, LIST_SIZE, HeldOut, held_out_count
from training.ml.silver.lists import ListBuilder, SoftList
from training.ml.silver.progress import SilverProgress
from training.ml.silver.queries import MadeQueries, queries_make
from training.ml.silver.teacher import Teacher, teacher_load
from training.ml.silver.training import Keeping, lists_train, steps_count
from training.ml.silver.work import SilverWork, corpus_digest
from training.spec.train import TrainSpec

RECIPE: Final = 1  # of this folder: a change that changes weights makes earlier results useless
QUERIES_LEAST: Final = 20
_LIBRARIES: Final = ("torch", "transformers", "sentence-transformers", "bm25s", "PyStemmer")


class SmallCorpusError(DataError):
    """A corpus of which too few queries can be made."""


@dataclass(frozen=True, slots=True)
class SilverOutcome:
    """What came of a silver stage; `seconds` is what it took this time, `facts` are JSON-able.

    Facts: key; corpus {passages, used, digest}; queries {made, kinds, dropped, trained, held_out};
    teacher {loaded, revision, weights_sha256, kind}; pairs, steps; held_out {queries, passages,
    rows, differences}, see `training.ml.silver.held_out`; timings {stage: seconds} and seconds of
    the run that made it; weights_sha256.
    """

    cached: bool
    seconds: float
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return what a card says."""
        return {"cached": self.cached, "seconds_now": round(self.seconds, 1), **self.facts}


def silver_train(
    model: CrossEncoder,
    *,
    base: BaseInfo,
    spec: TrainSpec,
    work: SilverWork,
    bf16: bool,
    reporter: Reporter,
    keep: Path | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> SilverOutcome:
    """Train `model`, the loaded `base`, on made-up queries, or put kept weights into it.

    `bf16` is what was found to be faster on this machine. Checkpoints are kept in the folder `keep`
    until the stage is through; without one, a stage that dies begins anew.

    Raises DataError where the corpus gives too little, BaseModelError for a teacher that cannot
    score, DivergedError for a loss that is no number.
    """
    start = monotonic()
    corpus = corpus_digest(work.corpus)
    key = key_of(_parts(model, base, spec, work, corpus, bf16))
    cache = SilverCache(work.cache)
    facts = cache.load(key, model)
    cached = facts is not None
    if facts is None:
        # Named by all that the weights depend on: what lies there is of this very stage.
        folder = None if keep is None else keep / key[:16]
        run = _Run(model, spec, work, bf16, reporter, folder, checkpoint_seconds)
        facts = {"key": key, **run.facts(corpus)}
        facts = cache.store(key, model, facts)
    if keep is not None:
        shutil.rmtree(keep, ignore_errors=True)
    outcome = SilverOutcome(cached, monotonic() - start, facts)
    for line in _told(outcome):
        reporter.log(line)
    return outcome


class _Run:
    """One silver stage that is not in the cache."""

    def __init__(
        self,
        model: CrossEncoder,
        spec: TrainSpec,
        work: SilverWork,
        bf16: bool,
        reporter: Reporter,
        folder: Path | None,
        checkpoint_seconds: float,
    ) -> None:
        self._folder, self._checkpoint_seconds = folder, checkpoint_seconds
        self._model, self._spec, self._work, self._reporter = model, spec, work, reporter
        self._bf16, self._progress = bf16, SilverProgress(reporter)
        self._terms = Tokens(spec.language or DEFAULT).terms
        self._size = min(spec.silver_list_size, len(work.corpus))
        self._steps = steps_count(spec, self._size)
        self._timings: dict[str, float] = {}

    def facts(self, corpus: str) -> dict[str, Any]:
        """Train, and return the facts."""
        spec, work = self._spec, self._work
        with self._timed("queries"):
            made = queries_make(work.corpus, self._terms, exclude=work.labelled, seed=spec.seed)
            held, used = _divided(made, self._steps * spec.silver_batch_size)
        with self._timed("teacher"):
            teacher, measured, lists = self._taught(made, held, used)
        with self._timed("measure"):
            before = measured.scores(self._model, max_length=spec.silver_max_length)
        with self._timed("train"):
            earlier = self._train(lists)
        self._timings["train"] += earlier
        with self._timed("measure"):
            after = measured.scores(self._model, max_length=spec.silver_max_length)
        return {
            "corpus": {"passages": work.passages, "used": len(work.corpus), "digest": corpus},
            "queries": {
                "made": len(made.queries),
                "kinds": dict(made.kinds),
                "dropped": dict(made.dropped),
                "trained": used,
                "held_out": held,
            },
            "teacher": teacher,
            "pairs": self._steps * spec.silver_batch_size * self._size,
            "steps": self._steps,
            "held_out": measured.facts(before, after, seed=spec.seed),
            "timings": {name: round(took, 1) for name, took in self._timings.items()},
            "seconds": round(sum(self._timings.values()), 1),
        }

    def _taught(
        self, made: MadeQueries, held: int, used: int
    ) -> tuple[dict[str, Any], HeldOut, list[SoftList]]:
        """Let the teacher order the lists; it is not kept in memory while the model trains."""
        spec, corpus = self._spec, self._work.corpus
        teacher = teacher_load(self._work.teacher, device=str(self._model.device))
        self._reporter.log(
            f"Silver stage: {len(made.queries):,} queries made from {len(corpus):,} passages; "
            f"{teacher.info.loaded} orders {self._size} passages for {used:,} of them."
        )
        builder = ListBuilder(
            corpus, teacher, self._terms, bm25_weight=spec.silver_bm25, seed=spec.seed
        )
        kept = builder.build(made.queries[:held], LIST_SIZE, self._progress.nothing)
        lists = builder.build(made.queries[held : held + used], self._size, self._progress.teaching)
        return _teacher_facts(teacher), HeldOut(kept, spec.templates), lists

    def _train(self, lists: list[SoftList]) -> float:
        """Train, and return the seconds that earlier attempts have put into the weights."""
        spec, parent = self._spec, self._work.cache
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=parent, prefix=".trainer-") as scratch:
            if self._folder is None:
                keeping = Keeping(Path(scratch), math.inf, lambda _step, _steps: None)
            else:
                keeping = Keeping(self._folder, self._checkpoint_seconds, self._reporter.kept)
            return lists_train(
                self._model,
                lists,
                spec,
                spec.templates,
                bf16=self._bf16,
                seed=spec.seed,
                keeping=keeping,
                callbacks=[self._progress],
            )

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = monotonic()
        yield
        self._timings[name] = self._timings.get(name, 0.0) + monotonic() - start


def _divided(made: MadeQueries, wanted: int) -> tuple[int, int]:
    """Return how many queries are held out, and how many of the others are trained on."""
    if len(made.queries) < QUERIES_LEAST:
        raise SmallCorpusError(
            f"The corpus gives only {len(made.queries)} queries for the silver stage.",
            "Import more passages, with titles where they have some, or set silver to off.",
        )
    held = held_out_count(len(made.queries))
    return held, min(wanted, len(made.queries) - held)


def _parts(
    model: CrossEncoder, base: BaseInfo, spec: TrainSpec, work: SilverWork, corpus: str, bf16: bool
) -> dict[str, Any]:
    """Return everything that the weights depend on."""
    keys = {name: value for name, value in spec.to_dict().items() if name.startswith("silver_")}
    return {
        "recipe": RECIPE,
        "corpus": corpus,
        "labelled": sha256("\0".join(sorted(set(work.labelled))).encode()).hexdigest(),
        "base": base.weights_sha256,
        "fresh_head": base.fresh_head,
        "teacher": work.teacher.info.weights_sha256,
        "spec": keys | {"silver_teacher": None, "max_length": spec.max_length},
        "templates": [spec.query_template, spec.passage_template],
        "seed": spec.seed,
        "bf16": bf16,
        "language": spec.language or DEFAULT,
        "device": model.device.type,
        "versions": {name: version(name) for name in _LIBRARIES},
    }


def _teacher_facts(teacher: Teacher) -> dict[str, Any]:
    info = teacher.info
    return {
        "loaded": info.loaded,
        "revision": info.revision,
        "weights_sha256": info.weights_sha256,
        "kind": teacher.kind,
    }


def _told(outcome: SilverOutcome) -> list[str]:
    """Say in lines for people how far a silver stage came, and what it cost."""
    facts = outcome.facts
    held = facts["held_out"]
    value = {(row["system"], row["metric"]): row for row in held["rows"]}
    mrr = [value[system, "MRR@10"] for system in ("before", "after", "teacher")]
    rho = [value[system, AGREEMENT] for system in ("before", "after")]
    if outcome.cached:
        first = (
            f"Silver stage from the cache, in {outcome.seconds:.1f} s: the same corpus, base, "
            f"teacher and settings were trained before, in {facts['seconds']:,.0f} s."
        )
    else:
        first = f"Silver stage: {facts['pairs']:,} pairs in {facts['seconds']:,.0f} s."
    far = (
        f"Silver stage, {held['queries']} made-up queries held out: MRR@10 from "
        f"{mrr[0]['value']:.3f} to {_with_interval(mrr[1])}, the teacher {_with_interval(mrr[2])}; "
        f"agreement with the teacher (rho) from {rho[0]['value']:z.2f} to {rho[1]['value']:.2f}."
    )
    return [first, far]


def _with_interval(row: Mapping[str, Any]) -> str:
    if row["low"] is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
