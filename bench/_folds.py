"""Cross-fitting for measurements: each query is scored by a model that has not seen its labels."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from training.ml.data import Pair, Snapshot
from training.ml.measures.evaluation import DifferenceRow, SystemScores, evaluate
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.models.load import base_load
from training.ml.precision import precision_choose
from training.ml.recipe.asked import Place
from training.ml.recipe.run import recipe_run
from training.ml.scoring import pairs_score
from training.ml.search.tokens import Tokens
from training.ml.silver.run import silver_train
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec

ALIKE: Final = 0.6  # Jaccard of two queries' terms from which on they are near-identical
DEV_SHARE: Final = 0.08  # of a fold's training queries: the recipe wants a dev split, and no more


@dataclass
class Printer:
    """A reporter for a terminal: lines, and each tenth of a stage."""

    tenth: int = -1

    def stage(self, name: str) -> None:
        self.tenth = -1
        print(f"  [{name}]", flush=True)

    def base(self, facts: Mapping[str, Any]) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        if 10 * done // total > self.tenth:
            self.tenth = 10 * done // total
            print(f"    {self.tenth}0%", flush=True)

    def log(self, line: str) -> None:
        print(f"  {line}", flush=True)

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        pass

    def kept(self, step: int, steps: int) -> None:
        pass

    def trial(self, *told: object) -> None:
        pass


def groups_of(queries: Mapping[str, str]) -> list[list[str]]:
    """Put near-identical queries together, and each other one by itself."""
    terms = Tokens("en").terms
    groups: list[tuple[set[str], list[str]]] = []
    for name, text in sorted(queries.items()):
        words = set(terms(text))
        near = [group for group in groups if _jaccard(words, group[0]) >= ALIKE]
        if near:
            near[0][1].append(name)
        else:
            groups.append((words, [name]))
    return [names for _, names in groups]


def folds_of(queries: Mapping[str, str], count: int, *, seed: int = 1) -> list[list[str]]:
    """Deal queries out into folds of about one size, near-identical ones into the same."""
    groups = groups_of(queries)
    folds: list[list[str]] = [[] for _ in range(count)]
    for place in np.random.default_rng(seed).permutation(len(groups)):
        min(folds, key=len).extend(groups[place])
    return folds


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


def fold_snapshots(
    pairs: Sequence[Pair], folds: Sequence[Sequence[str]]
) -> Iterator[tuple[Snapshot, list[Pair]]]:
    """Yield a snapshot per fold, whose test split is the fold, and the pairs of that."""
    for number, fold in enumerate(folds):
        others = [name for other in folds if other is not fold for name in other]
        drawn = np.random.default_rng(number).permutation(len(others))
        dev = {others[row] for row in drawn[: max(1, round(DEV_SHARE * len(others)))]}
        test = set(fold)
        splits = {
            "train": [pair for pair in pairs if pair.query_id not in test | dev],
            "dev": [pair for pair in pairs if pair.query_id in dev],
            "test": [pair for pair in pairs if pair.query_id in test],
        }
        yield Snapshot({"digest": f"fold-{number}"}, splits), splits["test"]


def silver_scores(
    base: Base, spec: TrainSpec, work: SilverWork, pairs: Sequence[Pair]
) -> tuple[SystemScores, float]:
    """Run the silver stage, or read it from the cache, and score all pairs before any label.

    Also returns the seconds that the stage took when it was trained.
    """
    model = base_load(base, seed=spec.seed, max_length=spec.max_length)
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
    found = precision_choose(model, texts, asked=spec.bf16, cache=work.cache)
    print(f"bfloat16: {found.bf16}. {found.reason}")
    start = time.monotonic()
    outcome = silver_train(
        model, base=base.info, spec=spec, work=work, bf16=found.bf16, reporter=Printer()
    )
    print(f"silver stage: {time.monotonic() - start:.1f} s, cached: {outcome.cached}")
    print(json.dumps(outcome.to_dict(), indent=1))
    return pairs_score(model, pairs, spec.templates, batch_size=32), outcome.facts["seconds"]


def cross_fit(
    base: Base,
    spec: TrainSpec,
    work: SilverWork,
    pairs: Sequence[Pair],
    *,
    folds: int,
    only: int | None = None,
    seconds: list[float] | None = None,
) -> SystemScores:
    """Fine-tune once per fold and score the fold; prints what each cost, which `seconds` gets."""
    dealt = folds_of({pair.query_id: pair.query for pair in pairs}, folds)
    found: dict[str, Mapping[str, float]] = {}
    for number, (snapshot, test) in enumerate(fold_snapshots(pairs, dealt)):
        if only and number >= only:
            break
        with TemporaryDirectory() as folder:
            outcome = recipe_run(
                snapshot=snapshot,
                spec=spec,
                base=base,
                folder=Path(folder) / "model",
                reporter=Printer(),
                place=Place(cache=work.cache),
                silver=work,
            )
            trained = base_find(BaseRequest("fold", folder=outcome.folder))
            model = base_load(trained, seed=0, max_length=spec.max_length)
            found |= pairs_score(model, test, spec.templates, batch_size=32)
        took = {name: round(each, 1) for name, each in outcome.timings.items()}
        print(f"fold {number + 1} of {folds}: {len(dealt[number])} queries, {took}")
        if seconds is not None:
            seconds.append(outcome.timings["train"])
    return found


def report(
    pairs: Sequence[Pair], systems: Mapping[str, SystemScores], *, against: str | None = None
) -> dict[tuple[str, str], DifferenceRow]:
    """Print figures and differences with their intervals, over the queries that were scored.

    Without `against`, every system is compared with all before it. Returns the differences in
    nDCG@10 by system and what it is set against.
    """
    scored = list(systems.values())[-1].keys()
    own = [pair for pair in pairs if pair.query_id in scored]
    kept = {name: {q: row[q] for q in scored} for name, row in systems.items()}
    found = evaluate(own, kept)
    print(found.counts)
    for row in found.rows:
        if row.metric in ("nDCG@10", "MRR@10", "MAP"):
            print(f"{row.system:12} {row.metric:8} {row.value:.4f} [{row.low:.4f}, {row.high:.4f}]"
                  f" n={row.n}")  # fmt: skip
    for diff in found.differences:
        if diff.metric == "nDCG@10" and against in (None, diff.against):
            print(f"{diff.system} - {diff.against}: {diff.delta:+.4f} "
                  f"[{diff.low:+.4f}, {diff.high:+.4f}] p={diff.p:.4f} n={diff.n}")  # fmt: skip
    return {(d.system, d.against): d for d in found.differences if d.metric == "nDCG@10"}


def spec_of(spec: TrainSpec, changes: Sequence[str]) -> TrainSpec:
    """A recipe with keys changed, each as `key=value` in JSON."""
    changed = dict(change.split("=", 1) for change in changes)
    values = {name: _read(value) for name, value in changed.items()}
    return TrainSpec.from_dict(spec.to_dict() | values)


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
