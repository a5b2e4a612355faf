"""Plant wrong labels among the sample's judgments, and see how soon a check of labels finds them.

    python -m bench.doubts [--share 0.05] [--seed 1] [--cache FOLDER] [--set key=value ...]

Relevant passages get the lowest grade, and others the highest, drawn evenly from all. Then the
check runs as its job does: each query's labels are doubted by a model that has learned from other
queries, and from their wrong labels. What is found is set against the order of chance, in which the
share of wrong ones is the same everywhere. The labels of the sample that are wrong already count
against the check, as nobody knows them. Goal: of the first hundred doubts three times as many are
wrong as of any hundred.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from bench._folds import Printer, groups_of, spec_of
from bench._goals import Goals
from bench.sample import sample_pairs
from training.ml.data import Pair, Snapshot
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.names import PACKAGED
from training.ml.recipe.asked import Place
from training.ml.recipe.doubts import doubts_run
from training.ml.silver.queries import Passage
from training.ml.silver.work import SilverWork, corpus_draw
from training.sample import sample_passages
from training.sample.recipe import sample_recipe
from training.spec.held_out import DoubtSpec

FIRST: Final = (20, 50, 100, 200)
HELD_AGAINST: Final = 100
TIMES_CHANCE: Final = 3.0
HIGHEST: Final = 3.0


def planted(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], set[int]]:
    """Return the pairs with a share of their labels turned round, and the rows of these."""
    count = round(share * len(pairs))
    rows = set(np.random.default_rng(seed).permutation(len(pairs))[:count].tolist())
    return [_turned(pair) if row in rows else pair for row, pair in enumerate(pairs)], rows


def _turned(pair: Pair) -> Pair:
    grade = 0.0 if pair.relevant else HIGHEST
    return replace(
        pair, grade=grade, gain=grade, target=grade / HIGHEST, relevant=not pair.relevant
    )


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="where results of the silver stage are kept")
    parser.add_argument("--set", nargs="*", default=[], help="keys of the recipe: key=value")
    chosen = parser.parse_args()
    told = spec_of(sample_recipe(), chosen.set).to_dict()
    known = {each.name for each in DoubtSpec.described()}
    spec = DoubtSpec.from_dict({name: told[name] for name in told if name in known})
    pairs, rows = planted(sample_pairs(), chosen.share, chosen.seed)
    queries = {pair.query_id: pair.query for pair in pairs}
    base = base_find(BaseRequest(PACKAGED))
    corpus, passages = corpus_draw(Passage(it.title, it.text) for it in sample_passages())
    with TemporaryDirectory() as folder:
        cache = chosen.cache or Path(folder)
        found = doubts_run(
            snapshot=Snapshot({"digest": "planted"}, {"train": pairs, "dev": [], "test": []}),
            groups=groups_of(queries),
            spec=spec,
            base=base,
            reporter=Printer(),
            place=Place(cache=cache, work=Path(folder) / "work"),
            silver=SilverWork(corpus, passages, base, cache, set(queries.values())),
        )
    order = np.array([doubt.place in rows for doubt in found.doubts.rows])
    report(order, found.doubts.auc)


def report(order: np.ndarray[tuple[int], np.dtype[np.bool_]], auc: float | None) -> None:
    """Print how many planted labels are among the first doubts; `order` says of each if it is."""
    count, chance = int(order.sum()), float(order.mean())
    print(f"{count} of {len(order):,} labels were turned round; held-out AUC {auc or 0.0:.3f}")
    for first in FIRST:
        hits = int(order[:first].sum())
        print(f"of the first {first}: {hits}, by chance {first * chance:.1f}; {hits / count:.0%}")
    places = np.flatnonzero(order) + 1
    half = int(places[-(-count // 2) - 1])
    print(f"half of them are among the first {half:,}, by chance {len(order) / 2:,.0f}")
    print(f"average precision {np.mean(np.arange(1, count + 1) / places):.3f}, {chance:.3f}")
    goals, times = Goals(), float(order[:HELD_AGAINST].mean()) / chance
    goals.least(f"wrong labels of the first {HELD_AGAINST}", times, TIMES_CHANCE, " times chance")
    goals.end()


if __name__ == "__main__":
    main()
