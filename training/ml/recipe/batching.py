"""Batches of texts of about one length, so that little of what is computed is padding.

The trainer of transformers has `group_by_length`; that of sentence-transformers takes the argument
and ignores it, since its batches come from samplers of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers.base.sampler import DefaultBatchSampler

# Batches whose texts are sorted together: the more, the less padding, and the less chance.
MEGA: Final = 16


class LengthBatchSampler(DefaultBatchSampler):
    """Batches of rows of about one length, in random order; another order in every epoch.

    Rows are shuffled, cut into stretches of `MEGA` batches, and sorted within each; so rows meet
    others of their length, but not always the same ones. The seed and the epoch give the order,
    whatever was drawn before: a run that goes on after its process died has the same batches.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        drop_last: bool,
        valid_label_columns: list[str] | None = None,
        generator: torch.Generator | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(
            dataset,
            batch_size=batch_size,
            drop_last=drop_last,
            valid_label_columns=valid_label_columns,
            generator=generator,
            seed=seed,
        )
        self._lengths = lengths_of(dataset)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch, 4])
        yield from length_batches(self._lengths, self.batch_size, rng, drop_last=self.drop_last)


def length_batches(
    lengths: NDArray[np.int64], size: int, rng: np.random.Generator, *, drop_last: bool = False
) -> list[list[int]]:
    """Return the rows of every batch; all have `size` rows, but for one that may have fewer."""
    rows = rng.permutation(len(lengths))
    batches: list[list[int]] = []
    for start in range(0, len(rows), size * MEGA):
        own = rows[start : start + size * MEGA]
        own = own[np.argsort(-lengths[own], kind="stable")]
        batches += [own[at : at + size].tolist() for at in range(0, len(own), size)]
    if drop_last and batches and len(batches[-1]) < size:
        batches.pop()
    return [batches[place] for place in rng.permutation(len(batches))]


def lengths_of(dataset: Dataset) -> NDArray[np.int64]:
    """The length of every row's texts in characters; of lists, of all their texts together."""
    total = np.zeros(len(dataset), dtype=np.int64)
    for name in dataset.column_names:
        values: Sequence[Any] = dataset[name]
        measure = _measure(values[0]) if len(values) else None
        if measure is not None:
            total += np.fromiter((measure(value) for value in values), np.int64, len(values))
    return total


def _measure(value: Any) -> Callable[[Any], int] | None:
    if isinstance(value, str):
        return len
    if isinstance(value, list) and value and isinstance(value[0], str):
        return lambda texts: sum(map(len, texts))
    return None
