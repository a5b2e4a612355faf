"""What a snapshot must hold before anything is trained on it."""

from collections.abc import Mapping, Sequence
from typing import Final

from training.ml.data import SPLITS, Pair, Snapshot
from training.ml.errors import DataError
from training.spec.losses import LOSSES, loss_choose
from training.spec.train import TrainSpec

_USES: Final = {"train": "learn from", "dev": "choose by", "test": "measure on"}
_LEARNED_FROM: Final = (
    "Judge passages that are not relevant too and freeze a new snapshot, or mine them "
    "(mine_negatives), or choose MultipleNegativesRankingLoss."
)
# Folds of the very pairs are measured on: there, what a loss could learn from is not enough.
_MEASURED_BY: Final = (
    "Judge passages that are not relevant too and freeze a new snapshot: what is held out is "
    "measured by these labels."
)


def snapshot_check(snapshot: Snapshot, spec: TrainSpec | None = None) -> None:
    """Raise DataError unless there is something to learn from and something to measure on.

    Without a recipe, or for one that finds nothing to tell relevant passages from, train needs
    passages that were judged not to be relevant.
    """
    splits_check({split: len(snapshot.splits[split]) for split in SPLITS})
    needed = ("train",) if spec is None else SPLITS
    relevance_check({split: sum(p.relevant for p in snapshot.splits[split]) for split in needed})
    _check_classes(snapshot.splits["train"], spec)


def measurable_check(snapshot: Snapshot) -> None:
    """Raise DataError unless there are test queries with something relevant to be found."""
    pairs = snapshot.splits["test"]
    if not pairs:
        raise DataError(
            "The test split is empty.",
            "Judge more queries, or freeze a snapshot with other shares.",
        )
    relevance_check({"test": sum(pair.relevant for pair in pairs)})


def relevance_check(positives: Mapping[str, int]) -> None:
    """Raise DataError unless each of these splits has a relevant pair.

    Without one, every order is worth 0: nothing can be learned, chosen by, or measured.
    """
    for split, count in positives.items():
        if not count:
            raise DataError(
                f"No passage of the {split} split is relevant: every order of them is worth 0, and "
                f"there is nothing to {_USES[split]}.",
                "Judge until queries of it have relevant passages, or freeze a snapshot with other "
                "shares or another seed.",
            )


def tells_apart(pairs: Sequence[Pair]) -> bool:
    """Say whether any query has passages of which one should be above the other."""
    gains: dict[str, set[float]] = {}
    for pair in pairs:
        gains.setdefault(pair.query_id, set()).add(pair.gain)
    return any(len(found) > 1 for found in gains.values())


def _finds_others(spec: TrainSpec, train: Sequence[Pair]) -> bool:
    """Say whether a recipe mines, has a teacher, or takes passages of other queries for worse.

    The last is so where each loss that it tries does, and where there is more than one query.
    """
    if spec.mines or spec.teacher is not None:
        return True
    usual = loss_choose(negatives=False, teacher=False).name
    tried = {variant.loss or usual for _, variant in spec.variants()}
    others = len({pair.query_id for pair in train}) > 1
    return others and all(LOSSES[loss].shape == "triplets" for loss in tried)


def splits_check(sizes: Mapping[str, float]) -> None:
    """Raise DataError unless each split has something; sizes are pairs, or shares before them."""
    for split, use in _USES.items():
        if not sizes[split]:
            raise DataError(
                f"The {split} split is empty: there is no judged query to {use}.",
                "Judge more queries, or freeze a snapshot with other shares; each split needs at "
                "least one query.",
            )


def _check_classes(train: Sequence[Pair], spec: TrainSpec | None) -> None:
    alike = all(pair.relevant for pair in train) or len({pair.target for pair in train}) == 1
    if alike and not (spec is not None and _finds_others(spec, train)):
        raise DataError(
            f"All {len(train)} training pairs carry the same label, so nothing can be told apart.",
            _MEASURED_BY if spec is None else _LEARNED_FROM,
        )
