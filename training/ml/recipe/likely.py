"""Passages that nobody judged and that look relevant to the new model, for people to judge.

Two kinds come into question: what mining left out as probably relevant, and mined negatives that
the model scores high though it learned them as negatives. Of these, those count that score at least
as high as half of the relevant training passages do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sentence_transformers import CrossEncoder

from training.ml.data import Pair, Snapshot
from training.ml.recipe.learning import NOTHING
from training.ml.reporter import Reporter
from training.ml.scoring import pairs_score
from training.ml.sets.likely import Likely, LikelyScored
from training.ml.sets.mining import Mined
from training.spec.train import TrainSpec

MOST: Final = 500  # pairs of a run
RELEVANT: Final = 2_000  # relevant training pairs whose median is taken


@dataclass(frozen=True, slots=True)
class LikelyFound:
    """The pairs, best first; `facts` has looked_at, found, kept (at most `MOST`) and bar."""

    pairs: Sequence[LikelyScored]
    facts: Mapping[str, Any]


def likely_find(
    model: CrossEncoder, snapshot: Snapshot, spec: TrainSpec, mined: Mined, reporter: Reporter
) -> LikelyFound | None:
    """Score what may be relevant though nobody judged it; None where nothing was mined."""
    looked_at = _looked_at(mined)
    if mined is NOTHING or not looked_at:
        return None
    relevant = [pair for pair in snapshot.splits["train"] if pair.relevant]
    sample = relevant[:: -(-len(relevant) // RELEVANT)]
    scores = _scores(model, [*sample, *(each.pair for each in looked_at)], spec, reporter)
    bar = float(np.median(scores[: len(sample)]))
    own = zip(looked_at, scores[len(sample) :], strict=True)
    found = [
        LikelyScored(each.pair.query_id, each.pair.passage_id, score, each.near, each.why)
        for each, score in own
        if score >= bar
    ]
    found.sort(key=lambda pair: (-pair.score, pair.query_id, pair.passage_id))
    facts = {
        "looked_at": len(looked_at),
        "found": len(found),
        "kept": min(len(found), MOST),
        "bar": bar,
    }
    reporter.log(
        f"{len(found):,} of {len(looked_at):,} mined passages that nobody judged score as high as "
        f"half of the relevant training passages do ({bar:.3f} or more)."
    )
    return LikelyFound(found[:MOST], facts)


def _looked_at(mined: Mined) -> list[Likely]:
    """Return what mining kept aside and what it found hard; random ones are no search results."""
    aside = [each for own in mined.likely.values() for each in own]
    hard = [
        Likely(each.pair, "negative", None)
        for own in mined.examples.values()
        for each in own
        if each.origin != "random"
    ]
    return [*aside, *hard]


def _scores(
    model: CrossEncoder, pairs: Sequence[Pair], spec: TrainSpec, reporter: Reporter
) -> list[float]:
    found = pairs_score(
        model,
        pairs,
        spec.templates,
        batch_size=spec.per_device_eval_batch_size,
        progress=reporter.progress,
    )
    return [found[pair.query_id][pair.passage_id] for pair in pairs]
