"""How several processes share the steps of one training: rows, decisions, chance.

A step of a group learns from as many batches as there are processes, which are parts of one: a
training of two processes with batches of 16 goes as that of one with batches of 32.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from accelerate.data_loader import SeedableRandomSampler
from torch import Tensor
from torch.utils.data import RandomSampler
from transformers import TrainerCallback, TrainerControl

from training.ml.group import Group, group_now


class SharedBatches:
    """The batches of a sampler, each dealt out among the processes, one part after the other.

    The trainer gives every process its own of each `size` batches in a row; so all have equally
    many. Rows are dealt like cards, so that parts of a batch that is ordered by length are of
    about one length. Where a batch has fewer rows than there are processes, some have a row twice.
    """

    batch_size: Any = None  # parts may have different sizes
    drop_last = False

    def __init__(self, inner: Any, size: int, seed: int) -> None:
        self._inner, self._size = inner, size
        rows = getattr(inner, "sampler", None)
        if isinstance(rows, RandomSampler):
            # As in one process: seed and epoch give the order, whatever was drawn before.
            inner.sampler = SeedableRandomSampler(
                rows.data_source, generator=rows.generator, data_seed=seed
            )

    @property
    def sampler(self) -> "SharedBatches":
        """Whom the trainer tells which epoch it is."""
        return self

    def set_epoch(self, epoch: int) -> None:
        for each in (self._inner, getattr(self._inner, "sampler", None)):
            tell = getattr(each, "set_epoch", None)
            if tell is not None:
                tell(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self._inner:
            for place in range(self._size):
                yield batch[place :: self._size] or [batch[place % len(batch)]]

    def __len__(self) -> int:
        return len(self._inner) * self._size


def rows_of(inputs: Mapping[str, Any]) -> int:
    """Return the rows of a step's inputs."""
    return max((len(value) for value in inputs.values() if isinstance(value, Tensor)), default=1)


def loss_shared(loss: Tensor, rows: int) -> tuple[Tensor, bool]:
    """Return a process's loss by its share of the rows, and whether it is a number everywhere.

    Gradients are averaged over the processes, whose parts may differ by a row.
    """
    finite = bool(torch.isfinite(loss.detach()).all())
    group = group_now()
    if group.size == 1:
        return loss, finite
    found = group.gather([float(finite), float(rows)])
    return loss * (rows * group.size / sum(row[1] for row in found)), all(row[0] for row in found)


class GroupCallback(TrainerCallback):
    """What the first process decides, all do: a checkpoint, an evaluation, the end.

    It comes after the callbacks that decide. Its own is the chance of each process: with the same
    numbers everywhere, dropout would leave out the same places of all parts.
    """

    def __init__(self, group: Group, seed: int) -> None:
        self._group, self._seed = group, seed

    # The trainer hands over (arguments, state, control), and what else there is by name.

    def on_train_begin(self, *_event: Any, **_more: Any) -> None:
        if not self._group.first:
            torch.manual_seed(self._seed + 1_000_003 * self._group.rank)

    def on_step_end(self, *event: Any, **_more: Any) -> None:
        self._agree(event[2])

    def on_evaluate(self, *event: Any, **_more: Any) -> None:
        self._agree(event[2])

    def _agree(self, control: TrainerControl) -> None:
        control.should_save, control.should_evaluate, control.should_training_stop = (
            self._group.agree(
                control.should_save, control.should_evaluate, control.should_training_stop
            )
        )
