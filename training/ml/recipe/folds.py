"""One training after another, each scored on queries that it did not learn from, and thrown away.

A learning curve and a check of labels are made of these. What a training came to is kept in the
job's folder, so that the next attempt goes on after the last one that is through.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any, Final

import numpy as np
from transformers import set_seed

from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.files import plain_read, plain_write
from training.ml.keeping.checkpoints import Checkpoints
from training.ml.models.classes import classes_fold, classes_open
from training.ml.models.find import Base
from training.ml.models.freezing import layers_below
from training.ml.models.load import base_load
from training.ml.models.split import SplitCrossEncoder
from training.ml.precision import autocast_end, precision_choose
from training.ml.recipe.asked import Place
from training.ml.recipe.learning import NOTHING, lesson_make, loss_of, negatives_of
from training.ml.recipe.silver_start import silver_start
from training.ml.recipe.trainer import trainer_build
from training.ml.reporter import Reporter
from training.ml.scoring import pairs_score
from training.ml.sets.compiling import by_query
from training.ml.sets.mining import Mined
from training.ml.silver.work import SilverWork
from training.spec.held_out import HeldOutSpec

Groups = Sequence[Sequence[str]]
"""Ids of queries that stay together: near-identical ones, and each other one by itself."""
Scores = dict[str, dict[str, float]]
_LIBRARIES: Final = ("torch", "transformers", "sentence-transformers", "accelerate")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One training: what it learns from, and what it is scored on, `name` for its files."""

    name: str
    train: Sequence[Pair]
    scored: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all trainings of a job share; `work` is kept between attempts at it."""

    manifest: Mapping[str, Any]
    pairs: Sequence[Pair]
    spec: HeldOutSpec
    base: Base
    bf16: bool
    mined: Mined
    work: Path
    reporter: Reporter
    device: str | None
    checkpoint_seconds: float


def bench_make(
    snapshot: Snapshot,
    pairs: Sequence[Pair],
    spec: HeldOutSpec,
    base: Base,
    reporter: Reporter,
    place: Place,
    silver: SilverWork | None,
) -> Bench:
    """Choose how to compute and which loss, once for all trainings, and what they begin with.

    That is the base, or what a `silver` stage makes of it, of which a labelled query is no part;
    and the negatives that the recipe has mined. Raises ValueError where no place keeps the work.
    """
    if place.work is None:
        raise ValueError("trainings of held-out jobs are kept in a work folder")
    model = untouched(base, spec, place.device)
    layers_below(model, spec.frozen_layers)  # refused before time is spent
    ordered = sorted(pairs, key=lambda pair: (len(pair.text), pair.passage_id))
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in ordered]
    precision = precision_choose(model, texts, asked=spec.bf16, cache=place.cache or place.work)
    reporter.log(
        f"Training in {'bfloat16' if precision.bf16 else 'single precision'}. {precision.reason}"
    )
    learned = Snapshot(snapshot.manifest, {"train": pairs, "dev": (), "test": ()})
    start = base
    if silver is not None and spec.silver_wanted(fresh_head=base.info.fresh_head):
        reporter.stage("silver")
        started = place.work / "silver-start"
        shutil.rmtree(started, ignore_errors=True)  # of an attempt that died; the result is kept
        start, _ = silver_start(
            base, spec, place, reporter,
            work=silver, model=model, bf16=precision.bf16, folder=started,
        )  # fmt: skip
    folder = place.work / _digest(snapshot, spec, start, bf16=precision.bf16)
    folder.mkdir(parents=True, exist_ok=True)
    mined = NOTHING
    if spec.mines:
        reporter.stage("mine")
        mined = negatives_of(learned, spec, reporter, folder=folder, judged=place.judged)
    loss = loss_of(learned, spec, mined)
    reporter.log(f"{loss.name}: {loss.reason}")
    return Bench(
        snapshot.manifest, pairs, spec, start, precision.bf16, mined, folder, reporter,
        place.device, place.checkpoint_seconds,
    )  # fmt: skip


def untouched(base: Base, spec: HeldOutSpec, device: str | None) -> SplitCrossEncoder:
    """Load the base as every training begins with it."""
    return base_load(base, seed=spec.seed, max_length=spec.max_length, device=device)


def held_out_train(bench: Bench, one: HeldOut) -> tuple[Scores, float]:
    """Train from the base and score what was held out; returns the scores and the seconds it took.

    What an earlier attempt has finished is read, and what it began goes on from its checkpoint.
    """
    path = bench.work / f"{one.name}.json"
    kept = plain_read(path)
    if kept is not None:
        return kept["scores"], kept["seconds"]
    begun = monotonic()
    spec, folder = bench.spec, bench.work / one.name
    model = untouched(bench.base, spec, bench.device)
    snapshot = Snapshot(bench.manifest, {"train": one.train, "dev": (), "test": ()})
    lesson = lesson_make(snapshot, spec, bench.mined)
    set_seed(spec.seed)
    if lesson.shaped.classes:
        classes_open(model, lesson.shaped.classes)
    trainer = trainer_build(
        model=model,
        spec=spec,
        shaped=lesson.shaped,
        loss=lesson.loss.name,
        evaluator=None,
        folder=folder,
        reporter=bench.reporter,
        bf16=bench.bf16,
        checkpoint_seconds=bench.checkpoint_seconds,
    )
    trainer.train_on()
    autocast_end(trainer)
    classes_fold(model)
    scores = held_out_score(bench, model, one.scored)
    seconds = round(monotonic() - begun, 3)
    plain_write(path, {"scores": scores, "seconds": seconds})
    Checkpoints(folder).clear()
    return scores, seconds


def held_out_score(bench: Bench, model: SplitCrossEncoder, pairs: Sequence[Pair]) -> Scores:
    """Score pairs as the recipe reads them."""
    batch = bench.spec.per_device_eval_batch_size
    return pairs_score(model, pairs, bench.spec.templates, batch_size=batch)


def folds_deal(groups: Groups, folds: int, *, seed: int) -> list[list[str]]:
    """Deal groups of queries out to folds of about one size; the same seed deals the same.

    Raises DataError where there are fewer groups than folds.
    """
    if len(groups) < folds:
        raise DataError(
            f"{len(groups)} judged queries (near-identical ones count once) cannot be dealt out to"
            f" {folds} folds.",
            "Judge more queries, or ask for fewer folds.",
        )
    order = np.random.default_rng([seed, 13]).permutation(len(groups)).tolist()
    # Large groups first, so that the last ones are small enough to even the folds out.
    order.sort(key=lambda place: -len(groups[place]))
    found: list[list[str]] = [[] for _ in range(folds)]
    for place in order:
        min(found, key=len).extend(groups[place])
    return found


def of_queries(pairs: Sequence[Pair], queries: Sequence[str]) -> list[Pair]:
    """Return the pairs of these queries, in their own order."""
    wanted = set(queries)
    return [pair for pair in pairs if pair.query_id in wanted]


def learnable_first(pairs: Sequence[Pair], queries: Sequence[str]) -> list[str]:
    """Return the queries with the first ones moved up that bring both kinds of label.

    Every beginning of the list that holds them can be learned from. Raises DataError where the
    pairs have one kind alone.
    """
    grouped = by_query(pairs)
    labels = {name: {pair.relevant for pair in grouped[name]} for name in queries}
    both = next((name for name in queries if len(labels[name]) == 2), None)
    if both is not None:
        ahead = [both]
    else:
        ahead = [
            name
            for kind in (True, False)
            if (name := next((each for each in queries if kind in labels[each]), None))
        ]
    if {kind for name in ahead for kind in labels[name]} != {True, False}:
        raise DataError(
            "All pairs of a part of the queries carry the same label, so nothing can be told"
            " apart.",
            "Judge more passages, relevant ones and others, or ask for fewer folds.",
        )
    return [*ahead, *(name for name in queries if name not in ahead)]


def _digest(snapshot: Snapshot, spec: HeldOutSpec, base: Base, *, bf16: bool) -> str:
    """Name these very trainings: another recipe or library finds nothing of them."""
    what: Mapping[str, Any] = {
        "snapshot": snapshot.digest,
        "recipe": spec.to_dict(),
        "base": base.info.weights_sha256,
        "bf16": bf16,
        "versions": [version(name) for name in _LIBRARIES],
    }
    return f"held-out-{sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]}"


class Share:
    """A reporter for one training of several: `progress` counts the pairs of all of them."""

    def __init__(self, reporter: Reporter, works: Sequence[float]) -> None:
        self._reporter, self._works, self.place = reporter, works, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def kept(self, step: int, steps: int) -> None:
        """A checkpoint of one of several trainings is no place that the job can be told of."""

    def progress(self, done: int, total: int) -> None:
        """Tell how far all are, where this one is `done` of `total` steps through."""
        before = sum(self._works[: self.place])
        part = self._works[self.place] * done / total if total else 0.0
        self._reporter.progress(round(before + part), round(sum(self._works)))


def seeded(spec: HeldOutSpec, step: int) -> HeldOutSpec:
    """Return the recipe with a seed of its own for a repeat."""
    return replace(spec, seed=(spec.seed + step) % 2**32)
