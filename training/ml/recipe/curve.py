"""A learning curve: quality on held-out queries against the number of labels learned from.

Queries of train and dev alone: each time one part of them is held out to measure on, and nested
subsets of the others, each half of the next, are learned from. The test split stays sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from training.ml.data import Pair, Snapshot
from training.ml.errors import resources_named
from training.ml.measures.evaluation import evaluate
from training.ml.measures.growth import growth_fit, points_measured
from training.ml.measures.intervals import Floats
from training.ml.measures.judged import SystemScores
from training.ml.measures.plan import sizes_of, work_of
from training.ml.models.find import Base
from training.ml.recipe.asked import Place
from training.ml.recipe.folds import (
    Bench,
    Groups,
    HeldOut,
    Share,
    bench_make,
    folds_deal,
    held_out_train,
    learnable_first,
    of_queries,
    seeded,
)
from training.ml.recipe.rankers import base_ranker
from training.ml.reporter import Reporter
from training.ml.sets.compiling import by_query
from training.ml.silver.work import SilverWork
from training.spec.held_out import CurveSpec

METRIC: Final = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Draw:
    """One repeat: queries in the order in which subsets take them, and those held out."""

    learned: Sequence[str]
    held_out: Sequence[str]


def curve_run(
    *,
    snapshot: Snapshot,
    groups: Groups,
    spec: CurveSpec,
    base: Base,
    reporter: Reporter,
    place: Place,
    silver: SilverWork | None = None,
) -> dict[str, Any]:
    """Measure a learning curve and look ahead; returns what `training.outcomes.CurveOutcome` has.

    `groups` are the queries of train and dev, near-identical ones together; `silver` is what a
    silver stage works with, where the recipe has one. Raises RecipeError for
    what cannot work, such as too few queries.
    """
    pairs = [*snapshot.splits["train"], *snapshot.splits["dev"]]
    # 1. Load: what is learned from and measured on is settled before time is spent.
    draws = draws_of(pairs, groups, spec)
    sizes = sizes_of(min(len(draw.learned) for draw in draws), spec.sizes)
    reporter.base(base.info.to_dict())
    reporter.log(f"Base model {base.info.loaded}. {base.info.reason}")
    with resources_named():
        bench = bench_make(snapshot, pairs, spec, base, reporter, place, silver)
        # 2. Train: every size of every draw, the small ones first.
        reporter.stage("train")
        untouched_scores = base_ranker(base, spec, reporter, device=place.device).scores(pairs)
        values = _trained(bench, draws, sizes, reporter)
        # 3. Evaluate: the curve, its interval, and what lies ahead.
        reporter.stage("evaluate")
        return _told(snapshot, spec, draws, sizes, values, untouched_scores, reporter)


def draws_of(pairs: Sequence[Pair], groups: Groups, spec: CurveSpec) -> list[Draw]:
    """Hold out one fold after the other, and order the other queries by chance."""
    folds = folds_deal(groups, spec.folds, seed=spec.seed)
    found = []
    for number in range(spec.repeats):
        others = sorted(
            name for place, fold in enumerate(folds) if place != number for name in fold
        )
        order = np.random.default_rng([spec.seed, 17, number]).permutation(len(others)).tolist()
        learned = learnable_first(pairs, [others[place] for place in order])
        found.append(Draw(learned, sorted(folds[number])))
    return found


def _trained(
    bench: Bench, draws: Sequence[Draw], sizes: Sequence[int], reporter: Reporter
) -> list[Floats]:
    """Return, for each draw, nDCG@10 by size and held-out query."""
    plan = [
        (number, size, HeldOut(
            f"point-{number + 1}-{size}",
            of_queries(bench.pairs, draw.learned[:size]),
            of_queries(bench.pairs, draw.held_out),
        ))
        for number, draw in enumerate(draws)
        for size in sizes
    ]  # fmt: skip
    share = Share(reporter, [work_of(bench.spec, len(one.train)) for _, _, one in plan])
    rows: dict[int, list[list[float]]] = {number: [] for number in range(len(draws))}
    for place, (number, size, one) in enumerate(plan):
        share.place = place
        changes = {
            "queries": size, "pairs": len(one.train), "draw": number + 1,
            "measured_on": len(draws[number].held_out),
        }  # fmt: skip
        reporter.trial(place + 1, len(plan), changes, "running", {}, None)
        own = replace(bench, spec=seeded(bench.spec, number), reporter=share)
        scores, seconds = held_out_train(own, one)
        values = _values(one.scored, scores, bench.spec.seed)
        rows[number].append(values)
        share.progress(1, 1)
        mean = {"ndcg@10": float(np.mean(values))}
        reporter.trial(place + 1, len(plan), changes, "done", mean, seconds)
    return [np.array(rows[number], dtype=np.float64) for number in range(len(draws))]


def _values(pairs: Sequence[Pair], scores: SystemScores, seed: int) -> list[float]:
    """nDCG@10 of each query, in the order of their ids."""
    found = evaluate(pairs, {"model": scores}, seed=seed).per_query["model"]
    return [found[query][METRIC] for query in sorted(found)]


def _told(
    snapshot: Snapshot,
    spec: CurveSpec,
    draws: Sequence[Draw],
    sizes: Sequence[int],
    values: Sequence[Floats],
    base_scores: SystemScores,
    reporter: Reporter,
) -> dict[str, Any]:
    train = snapshot.splits["train"]
    today = len(by_query(train))
    pairs = [pair for split in snapshot.splits.values() for pair in split]
    every = len(by_query(pairs))
    judgments = judgments_of(pairs)
    held = [*train, *snapshot.splits["dev"]]
    measured = of_queries(held, [name for draw in draws for name in draw.held_out])
    growth = growth_fit(sizes, values, today=today, gain=spec.gain, seed=spec.seed)
    reporter.log(f"nDCG@10 with the {today} queries of the training split: {growth.today:.4f}.")
    return {
        "today": today,
        "queries": every,
        "judgments": judgments,
        "per_query": judgments / every,
        "share": today / every,
        "measured": sum(len(draw.held_out) for draw in draws),
        "draws": len(draws),
        "untouched": float(np.mean(_values(measured, base_scores, spec.seed))),
        "points": [asdict(each) for each in points_measured(sizes, values, seed=spec.seed)],
        "growth": _plain(asdict(growth)),
    }


def judgments_of(pairs: Sequence[Pair]) -> int:
    """Count the judgments behind pairs; a pair that tells of none is one."""
    return sum(max(1, pair.people + pair.imported) for pair in pairs)


def _plain(growth: dict[str, Any]) -> Mapping[str, Any]:
    return {**growth, "ahead": list(growth["ahead"]), "drawn": [list(r) for r in growth["drawn"]]}
