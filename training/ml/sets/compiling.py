"""From judged pairs to the pairs that are learned: which negatives, how many, from where."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from training.ml.data import Pair
from training.spec.sets import SetSpec

Origin = Literal["judged", "bm25", "bi-encoder", "random"]
MINED: Final[tuple[Origin, ...]] = ("bm25", "bi-encoder", "random")


@dataclass(frozen=True, slots=True)
class Example:
    """A pair to learn from, and where it comes from; what was not judged has the target 0."""

    pair: Pair
    origin: Origin


@dataclass(frozen=True, slots=True)
class Compiled:
    """The examples of a training set in the order of the snapshot's pairs, and how it came about.

    `statistics` counts examples by origin and, of judged ones, by relevance, and judged pairs that
    were left out.
    """

    examples: Sequence[Example]
    statistics: Mapping[str, Any]


def compile_examples(
    pairs: Sequence[Pair],
    spec: SetSpec,
    mined: Mapping[str, Sequence[Example]],
    *,
    seed: int,
) -> Compiled:
    """Choose what is learned from; relevant pairs are never left out.

    `mined` holds what was found for a query beyond its judged pairs, best first. The same pairs,
    keys and seed give the same set.
    """
    rng = np.random.default_rng([seed, 5])
    examples: list[Example] = []
    for query_id, own in by_query(pairs).items():
        examples += _of_query(own, spec, mined.get(query_id, ()), rng)
    if spec.max_train_pairs is not None:
        examples = _fewer(examples, spec.max_train_pairs, rng)
    return Compiled(examples, _statistics(pairs, examples))


def by_query(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """Return the pairs of each query, in their order."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.query_id, []).append(pair)
    return found


def _of_query(
    pairs: Sequence[Pair], spec: SetSpec, mined: Sequence[Example], rng: np.random.Generator
) -> list[Example]:
    """Judged pairs in their order, then what was mined, then what was drawn."""
    positives = sum(pair.relevant for pair in pairs)
    wanted = len(pairs) if spec.num_negatives is None else spec.num_negatives * positives
    others = [place for place, pair in enumerate(pairs) if not pair.relevant]
    kept = set(others if len(others) <= wanted else rng.permutation(others)[:wanted].tolist())
    judged = [
        Example(pair, "judged")
        for place, pair in enumerate(pairs)
        if pair.relevant or place in kept
    ]
    hard = [example for example in mined if example.origin != "random"]
    drawn = [example for example in mined if example.origin == "random"]
    return [*judged, *hard[: missing_of(pairs, spec)], *drawn[: spec.random_negatives * positives]]


def missing_of(pairs: Sequence[Pair], spec: SetSpec) -> int:
    """Say how many negatives a query lacks, of which all its judged pairs are given."""
    if spec.num_negatives is None:
        return 0
    positives = sum(pair.relevant for pair in pairs)
    return max(0, (spec.num_negatives + 1) * positives - len(pairs))


def _fewer(examples: Sequence[Example], limit: int, rng: np.random.Generator) -> list[Example]:
    """Leave out examples that are not relevant, mined ones before judged ones."""
    ranks = {"judged": 0.0, "bm25": 1.0, "bi-encoder": 1.0, "random": 1.0}
    chance = rng.random(len(examples))
    others = [place for place, each in enumerate(examples) if not each.pair.relevant]
    others.sort(key=lambda place: ranks[examples[place].origin] + chance[place])
    room = max(0, limit - (len(examples) - len(others)))
    left_out = set(others[room:])
    return [each for place, each in enumerate(examples) if place not in left_out]


def _statistics(pairs: Sequence[Pair], examples: Sequence[Example]) -> dict[str, Any]:
    origins = Counter(each.origin for each in examples)
    relevant = sum(each.pair.relevant for each in examples)
    return {
        "pairs": len(examples),
        "queries": len({each.pair.query_id for each in examples}),
        "relevant": relevant,
        "judged_not_relevant": origins["judged"] - relevant,
        **{f"mined_{name}" if name != "random" else "random": origins[name] for name in MINED},
        "judged_left_out": len(pairs) - origins["judged"],
    }
