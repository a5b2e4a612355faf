"""What a snapshot must hold before anything is trained on it."""

from collections.abc import Mapping, Sequence

from training.ml.data import SPLITS, Pair, Snapshot
from training.ml.errors import DataError


def snapshot_check(snapshot: Snapshot) -> None:
    """Raise DataError unless there is something to learn from and something to measure on."""
    splits_check({split: len(snapshot.splits[split]) for split in SPLITS})
    _check_classes(snapshot.splits["train"])


def splits_check(sizes: Mapping[str, float]) -> None:
    """Raise DataError unless each split has something; sizes are pairs, or shares before them."""
    for split, meaning in (("train", "train on"), ("dev", "choose by"), ("test", "measure on")):
        if not sizes[split]:
            raise DataError(
                f"The {split} split is empty: there is no judged query to {meaning}.",
                "Judge more queries, or freeze a snapshot with other shares; each split needs at "
                "least one query.",
            )


def _check_classes(train: Sequence[Pair]) -> None:
    positives = sum(pair.relevant for pair in train)
    if positives == 0:
        raise DataError(
            f"None of the {len(train)} training pairs is relevant.",
            "Judge until some passages are found relevant, and freeze a new snapshot.",
        )
    if positives == len(train) or len({pair.target for pair in train}) == 1:
        raise DataError(
            f"All {len(train)} training pairs carry the same label, so nothing can be told apart.",
            "Judge passages that are not relevant too, and freeze a new snapshot.",
        )
