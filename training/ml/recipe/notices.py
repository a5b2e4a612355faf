"""What should be known of a snapshot before time is spent on it: told, and no reason to refuse."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sentence_transformers import CrossEncoder

from training.ml.data import SPLITS, Pair, Snapshot
from training.ml.recipe.snapshot_check import tells_apart
from training.ml.sets.preferring import reads_lists
from training.spec.sets import USE
from training.spec.silver import OFF
from training.spec.teaching import TAUGHT
from training.spec.train import TrainSpec

FEW: Final = 20  # relevant training pairs, below which a base is spoiled more often than improved
FEW_FOR_A_HEAD: Final = 1_000  # of them, below which a base without an output layer learns little
SAMPLE: Final = 1_000  # pairs whose tokens are counted
VERY_LONG: Final = 100_000  # characters


def notices(
    snapshot: Snapshot, spec: TrainSpec, model: CrossEncoder, *, fresh_head: bool
) -> Iterator[str]:
    """Yield a sentence for each thing that makes a run worth less than it looks.

    `fresh_head` says that the base has no output layer of its own.
    """
    train = snapshot.splits["train"]
    yield from _of_splits(snapshot)
    positives = sum(pair.relevant for pair in train)
    if positives < FEW:
        yield (
            f"Only {positives} of the {len(train):,} training pairs are relevant; with so few, a "
            "model often becomes worse than its base."
        )
    if fresh_head and spec.silver == OFF and positives < FEW_FOR_A_HEAD:
        yield (
            f"The base has no output layer of its own, and {positives:,} relevant pairs are few to "
            "learn one from. A silver stage (silver: fresh_head) lets it learn from the passages "
            "first."
        )
    if spec.teacher is None and spec.loss in TAUGHT:
        yield f"Without a teacher, {spec.loss} learns the grades."
    compared = sum(each.split == "train" for each in snapshot.preferences)
    if compared and spec.preferences == USE and not reads_lists(spec.loss):
        yield (
            f"{compared:,} preferences are not learned: a loss that reads lists would, such as "
            "RankNetLoss."
        )
    contradicted = _contradicted(train)
    if contradicted:
        yield (
            f"{contradicted:,} training pairs have the texts of another one and a different grade."
        )
    longest = max(len(pair.text) for pairs in snapshot.splits.values() for pair in pairs)
    if longest > VERY_LONG:
        yield f"The longest passage has {longest:,} characters; only its beginning is read."
    share = _cut(train, spec, model)
    if share:
        yield (
            f"{share:.0%} of the training pairs are longer than {spec.max_length} tokens; what is "
            "beyond is not read."
        )


def _of_splits(snapshot: Snapshot) -> Iterator[str]:
    for split in SPLITS:
        queries = {pair.query_id for pair in snapshot.splits[split]}
        if len(queries) == 1:
            yield (
                f"The {split} split has one query: nothing that is found there can be told from "
                "chance."
            )
        same = _same(snapshot.splits[split])
        if same:
            yield (
                f"In {same:,} of {len(queries):,} queries of the {split} split all passages read "
                "the same: no model can order them."
            )
    for split in ("dev", "test"):
        if all(pair.relevant for pair in snapshot.splits[split]):
            yield (
                f"All pairs of the {split} split are relevant: any order of them is perfect, and "
                "its figures say nothing. Judge passages that are not relevant too."
            )
    if not tells_apart(snapshot.splits["dev"]):
        yield (
            "The dev split can tell no weights from others: training goes on to its end, and its "
            "last weights are kept."
        )


def _same(pairs: Sequence[Pair]) -> int:
    """Count queries with several passages that all have the same texts."""
    texts: dict[str, set[tuple[str, str]]] = {}
    counts = Counter(pair.query_id for pair in pairs)
    for pair in pairs:
        texts.setdefault(pair.query_id, set()).add((pair.title, pair.text))
    return sum(counts[query] > 1 and len(own) == 1 for query, own in texts.items())


def _contradicted(pairs: Sequence[Pair]) -> int:
    """Count pairs whose very texts occur with another target."""
    targets: dict[tuple[str, str, str], set[float]] = {}
    for pair in pairs:
        targets.setdefault((pair.query, pair.title, pair.text), set()).add(pair.target)
    return sum(len(targets[pair.query, pair.title, pair.text]) > 1 for pair in pairs)


def _cut(pairs: Sequence[Pair], spec: TrainSpec, model: CrossEncoder) -> float:
    """The share of pairs, of an even sample, that have more tokens than are read."""
    step = -(-len(pairs) // SAMPLE)
    texts = [
        spec.templates.pair(query=pair.query, title=pair.title, text=pair.text)
        for pair in pairs[::step]
    ]
    # One token more than is read tells enough of a text of a million characters.
    found = model.tokenizer(
        [query for query, _ in texts],
        [passage for _, passage in texts],
        truncation="longest_first",
        max_length=spec.max_length + 1,
        padding=False,
    )["input_ids"]
    return sum(len(tokens) > spec.max_length for tokens in found) / len(found)
