"""A check of labels: every judged pair is scored by a model that has not learned from its query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from training.ml.data import Pair, Snapshot
from training.ml.errors import resources_named
from training.ml.measures.doubts import Doubts, doubts_find
from training.ml.measures.plan import work_of
from training.ml.models.find import Base
from training.ml.recipe.asked import Place
from training.ml.recipe.folds import (
    Groups,
    HeldOut,
    Share,
    bench_make,
    folds_deal,
    held_out_train,
    learnable_first,
    of_queries,
)
from training.ml.reporter import Reporter
from training.ml.silver.work import SilverWork
from training.spec.held_out import ALL, DoubtSpec


@dataclass(frozen=True, slots=True)
class Checked:
    """The pairs that were checked, their doubts (whose `place` is a row of `pairs`), and counts."""

    pairs: Sequence[Pair]
    doubts: Doubts
    facts: Mapping[str, Any]


def doubts_run(
    *,
    snapshot: Snapshot,
    groups: Groups,
    spec: DoubtSpec,
    base: Base,
    reporter: Reporter,
    place: Place,
    silver: SilverWork | None = None,
) -> Checked:
    """Score every pair out of its fold, and order the labels by how much they are doubted.

    `groups` are the queries that are checked, near-identical ones together, so that none is scored
    by a model that knows its twin; `silver` as `curve_run` takes it. Raises RecipeError for what
    cannot work.
    """
    pairs = pairs_checked(snapshot, spec)
    # 1. Load: deal the queries out.
    plan = _plan(pairs, groups, spec)
    reporter.base(base.info.to_dict())
    reporter.log(f"Base model {base.info.loaded}. {base.info.reason}")
    with resources_named():
        bench = bench_make(snapshot, pairs, spec, base, reporter, place, silver)
        # 2. Train: each fold's pairs are scored by a model of all others.
        reporter.stage("train")
        share = Share(reporter, [work_of(spec, len(one.train)) for one in plan])
        bench = replace(bench, reporter=share)
        found: dict[tuple[str, str], float] = {}
        for number, one in enumerate(plan, start=1):
            share.place = number - 1
            changes = {"fold": number, "pairs": len(one.train), "scored": len(one.scored)}
            reporter.trial(number, len(plan), changes, "running", {}, None)
            scores, seconds = held_out_train(bench, one)
            found |= {(q, p): value for q, own in scores.items() for p, value in own.items()}
            share.progress(1, 1)
            reporter.trial(number, len(plan), changes, "done", {}, seconds)
        # 3. Evaluate: labels against what was scored without them.
        reporter.stage("evaluate")
        values = np.array([found[pair.query_id, pair.passage_id] for pair in pairs])
        fold_of = {pair.query_id: row for row, one in enumerate(plan) for pair in one.scored}
        doubts = doubts_find(pairs, values, [fold_of[pair.query_id] for pair in pairs])
    facts = {
        "pairs": len(pairs),
        "queries": len({pair.query_id for pair in pairs}),
        "relevant": sum(pair.relevant for pair in pairs),
        "folds": len(plan),
        "auc": doubts.auc,
        "confident": doubts.confident,
    }
    return Checked(pairs, doubts, facts)


def pairs_checked(snapshot: Snapshot, spec: DoubtSpec) -> list[Pair]:
    """Return the pairs whose labels are checked."""
    splits = ("train", "dev", "test") if spec.checked == ALL else ("train", "dev")
    return [pair for split in splits for pair in snapshot.splits[split]]


def _plan(pairs: Sequence[Pair], groups: Groups, spec: DoubtSpec) -> list[HeldOut]:
    folds = folds_deal(groups, spec.folds, seed=spec.seed)
    plan = []
    for number, fold in enumerate(folds, start=1):
        others = [name for each in folds if each is not fold for name in each]
        learnable_first(pairs, others)
        name = f"fold-{number}-{len(folds)}"
        plan.append(HeldOut(name, of_queries(pairs, others), of_queries(pairs, fold)))
    return plan
