"""The first passages of every query as each system ranks them, in the order that metrics see."""

from collections.abc import Mapping, Sequence
from typing import Final

from training.ml.data import Pair
from training.ml.measures.judged import SystemScores, align, judged_build

DEPTH: Final = 10

Rankings = Mapping[str, Mapping[str, Sequence[tuple[str, float]]]]
"""System -> query id -> (passage id, score), best first."""


def rankings_top(
    pairs: Sequence[Pair], systems: Mapping[str, SystemScores], *, seed: int = 0
) -> Rankings:
    """Return the first DEPTH judged passages of each query, ties ordered as `evaluate` does."""
    judged = judged_build(pairs, seed=seed)
    found = {}
    for system, scores in systems.items():
        ranking = align(judged, system, scores, seed=seed).ranking
        found[system] = {
            query_id: [
                (names[int(place)], float(scores[query_id][names[int(place)]]))
                for place in order[:DEPTH]
                if not place.startswith("u")
            ]
            for query_id, names, order in zip(
                judged.query_ids, judged.passage_ids, ranking, strict=True
            )
        }
    return found
