"""Training sets in the columns that sentence-transformers' losses read, by the shape of a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
from datasets import Dataset

from training.ml.data import Pair, Preference
from training.ml.errors import DataError
from training.ml.sets.compiling import Example, by_query
from training.spec.losses import Shape
from training.spec.train import TrainSpec

# Passages that a relevant one is held against, where the recipe does not say how many.
AGAINST: Final = 4
# Passages of other rows that a relevant one is held against too, where a loss takes such: the
# library's own default. All of them would be sixteen times sixteen pairs for a batch of sixteen.
IN_BATCH: Final = 4
MANY: Final = 20  # classes, more of which no scheme of grades has
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Shaped:
    """A training set: its rows, the targets of its classes where it has classes, and what of the
    examples it could not use, as `{reason: number of queries}`.

    `read` are the pairs that are in a row, by the ids of query and passage; None: all examples.
    """

    dataset: Dataset
    classes: Sequence[float]
    left_out: Mapping[str, int]
    read: frozenset[tuple[str, str]] | None = None


def examples_shape(
    examples: Sequence[Example],
    shape: Shape,
    spec: TrainSpec,
    preferences: Sequence[Preference] = (),
) -> Shaped:
    """Lay examples out in rows of a shape, shuffled by the recipe's seed, templates applied.

    Preferences are lists of two, where the shape is lists, and are left out of all others: what is
    better than another passage need not be relevant, and has no target of its own.
    Shuffled so that the first rows, which a card shows, are not all of one query. Raises DataError
    where no row comes of them.
    """
    lists = shape == "lists" and preferences
    shaped = _lists(examples, spec, preferences) if lists else _SHAPES[shape](examples, spec)
    if not len(shaped.dataset):
        raise DataError(
            "No query of the training set has both a relevant passage and another one.",
            "Judge more passages of the same queries, or choose a loss that reads pairs one by "
            "one, such as BinaryCrossEntropyLoss.",
        )
    return shaped


def nearest_grades(examples: Sequence[Example], targets: Sequence[float]) -> list[Example]:
    """Give each example the nearest of these targets, the lower one of two: soft ones become
    grades, which are classes.
    """
    known = sorted(targets)
    return [
        replace(each, pair=replace(each.pair, target=min(known, key=lambda t: abs(t - own))))
        for each in examples
        for own in [each.pair.target]
    ]


def _pointwise(examples: Sequence[Example], spec: TrainSpec) -> Shaped:
    rows = _shuffled(examples, spec)
    texts = [_texts(row.pair, spec) for row in rows]
    columns = {
        "sentence_0": [query for query, _ in texts],
        "sentence_1": [passage for _, passage in texts],
        "label": [float(row.pair.target) for row in rows],
    }
    return Shaped(Dataset.from_dict(columns), (), {})


def _classes(examples: Sequence[Example], spec: TrainSpec) -> Shaped:
    targets = sorted({float(row.pair.target) for row in examples})
    if len(targets) > MANY:
        raise DataError(
            f"The training pairs have {len(targets):,} different targets, which are no classes.",
            "Choose a loss that reads any target, such as BinaryCrossEntropyLoss.",
        )
    shaped = _pointwise(examples, spec).dataset
    labels = [targets.index(target) for target in shaped["label"]]
    dataset = shaped.remove_columns("label").add_column("label", labels)
    return Shaped(dataset, targets, {})


def _lists(
    examples: Sequence[Example], spec: TrainSpec, preferences: Sequence[Preference] = ()
) -> Shaped:
    columns: dict[str, list[Any]] = {"query": [], "docs": [], "labels": []}
    queries, left_out = _told_apart(examples)
    rng = np.random.default_rng([spec.seed, 7])
    lists = [chosen for own in queries for chosen in _cut(own, spec.list_size, rng)]
    read = _read(pair for chosen in lists for pair in chosen)
    lists += [[each.better, each.worse] for each in preferences]
    for chosen in _shuffled(lists, spec):
        texts = [_texts(pair, spec) for pair in chosen]
        columns["query"].append(texts[0][0])
        columns["docs"].append([passage for _, passage in texts])
        columns["labels"].append([float(pair.target) for pair in chosen])
    return Shaped(Dataset.from_dict(columns), (), left_out, read)


def _margins(examples: Sequence[Example], spec: TrainSpec) -> Shaped:
    columns: dict[str, list[Any]] = {"query": [], "positive": [], "negative": [], "label": []}
    queries, left_out = _told_apart(examples)
    rng = np.random.default_rng([spec.seed, 7])
    rows = [
        (better, worse)
        for own in queries
        for better, others in (
            _graded(own, spec) if spec.teacher is None else _apart(own, spec, rng)
        )
        for worse in others
    ]
    for better, worse in _shuffled(rows, spec):
        query, passage = _texts(better, spec)
        columns["query"].append(query)
        columns["positive"].append(passage)
        columns["negative"].append(_texts(worse, spec)[1])
        columns["label"].append(float(better.target - worse.target))
    read = _read(pair for row in rows for pair in row)
    return Shaped(Dataset.from_dict(columns), (), left_out, read)


def _triplets(examples: Sequence[Example], spec: TrainSpec) -> Shaped:
    """A relevant passage each, and so many others of its query, some of them twice if need be.

    A query without any other is left out, unless that is so for all of them.
    """
    queries = _queries(examples)
    relevant = [own for own in queries if any(pair.relevant for pair in own)]
    kept = [own for own in relevant if not all(pair.relevant for pair in own)]
    count = (spec.num_negatives or AGAINST) if kept else 0
    columns: dict[str, list[Any]] = {"anchor": [], "positive": []}
    columns |= {f"negative_{number}": [] for number in range(1, count + 1)}
    rng = np.random.default_rng([spec.seed, 7])
    rows = [
        (pair, _drawn([other for other in own if not other.relevant], count, rng))
        for own in kept or relevant
        for pair in own
        if pair.relevant
    ]
    for pair, worse in _shuffled(rows, spec):
        query, passage = _texts(pair, spec)
        columns["anchor"].append(query)
        columns["positive"].append(passage)
        for number, other in enumerate(worse, start=1):
            columns[f"negative_{number}"].append(_texts(other, spec)[1])
    counted = {
        "no relevant passage": len(queries) - len(relevant),
        "no other passage": len(relevant) - len(kept) if kept else 0,
    }
    left_out = {reason: number for reason, number in counted.items() if number}
    read = _read(pair for better, worse in rows for pair in (better, *worse))
    return Shaped(Dataset.from_dict(columns), (), left_out, read)


def _drawn(pairs: Sequence[Pair], count: int, rng: np.random.Generator) -> list[Pair]:
    """Draw so many, each once before any comes again."""
    order = rng.permutation(len(pairs)).tolist()
    return [pairs[order[place % len(order)]] for place in range(count)]


def _told_apart(examples: Sequence[Example]) -> tuple[list[list[Pair]], dict[str, int]]:
    """Return the queries whose passages have more than one target, and count the others."""
    queries = _queries(examples)
    kept = [own for own in queries if len({pair.target for pair in own}) > 1]
    alike = len(queries) - len(kept)
    return kept, {"all passages have one target": alike} if alike else {}


def _cut(own: Sequence[Pair], size: int, rng: np.random.Generator) -> Iterator[list[Pair]]:
    """Cut a query's passages into lists of at most `size`.

    Each has some of the best, half a list of them at most, and others, drawn anew where there are
    several lists. So no relevant passage is lost, and each list has several targets.
    """
    if len(own) <= size:
        yield list(own)
        return
    best = [pair for pair in own if pair.relevant]
    if not best or len(best) == len(own):
        highest = max(pair.target for pair in own)
        best = [pair for pair in own if pair.target == highest]
    others = [pair for pair in own if pair not in best]
    half = max(1, size // 2)
    for start in range(0, len(best), half):
        some = best[start : start + half]
        drawn = rng.permutation(len(others))[: size - len(some)]
        chosen = [*some, *(others[place] for place in drawn)]
        yield [pair for pair in own if pair in chosen]


def _graded(own: Sequence[Pair], spec: TrainSpec) -> Iterator[tuple[Pair, list[Pair]]]:
    """Yield each passage with some of a lower target, those just below first."""
    for better in own:
        lower = [pair for pair in own if pair.target < better.target]
        lower.sort(key=lambda pair: -pair.target)
        yield better, lower[: spec.num_negatives or AGAINST]


def _apart(
    own: Sequence[Pair], spec: TrainSpec, rng: np.random.Generator
) -> Iterator[tuple[Pair, list[Pair]]]:
    """Yield each relevant passage with some others, however near a teacher puts them.

    Where people told none apart, the passage of the highest target stands for the relevant ones.
    """
    best = [pair for pair in own if pair.relevant]
    if len(best) in (0, len(own)):
        best = [max(own, key=lambda pair: pair.target)]
    others = [pair for pair in own if pair not in best]
    for better in best:
        yield better, _drawn(others, min(len(others), spec.num_negatives or AGAINST), rng)


def _read(pairs: Iterable[Pair]) -> frozenset[tuple[str, str]]:
    return frozenset((pair.query_id, pair.passage_id) for pair in pairs)


def _queries(examples: Sequence[Example]) -> list[list[Pair]]:
    return list(by_query(example.pair for example in examples).values())


def _shuffled(rows: Sequence[_Row], spec: TrainSpec) -> list[_Row]:
    return [rows[row] for row in np.random.default_rng(spec.seed).permutation(len(rows))]


def _texts(pair: Pair, spec: TrainSpec) -> tuple[str, str]:
    return spec.templates.pair(query=pair.query, title=pair.title, text=pair.text)


_SHAPES: Final[Mapping[Shape, Callable[[Sequence[Example], TrainSpec], Shaped]]] = {
    "pointwise": _pointwise,
    "classes": _classes,
    "lists": _lists,
    "margins": _margins,
    "triplets": _triplets,
}


def rows_per_step(shaped: Shaped, pairs: int) -> int:
    """Return how many rows have about so many pairs, at least one."""
    dataset = shaped.dataset
    if "docs" in dataset.column_names:
        mean = sum(map(len, dataset["docs"])) / len(dataset)
        return max(1, round(pairs / mean))
    if "anchor" in dataset.column_names:
        return _rows_in_batch(len(dataset.column_names) - 1, pairs)
    return max(1, pairs // 2) if "negative" in dataset.column_names else pairs


def _rows_in_batch(passages: int, pairs: int) -> int:
    """Return the most rows of so many passages that are read as so many pairs, or the fewest.

    Each row is held against some passages of the others too; one without others of its own needs a
    second row.
    """
    rows = 1 if passages > 1 else 2
    while (rows + 1) * (passages + min(IN_BATCH, rows * passages)) <= pairs:
        rows += 1
    return rows
