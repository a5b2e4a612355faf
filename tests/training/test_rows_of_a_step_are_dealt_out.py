"""A step's rows are dealt out among processes: each row once, all equally often, in any order."""

import math
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch
from accelerate.data_loader import BatchSamplerShard
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import BatchSampler, RandomSampler

from training.ml.group import ALONE
from training.ml.recipe.batching import length_batches
from training.ml.recipe.sharing import SharedBatches, loss_shared, rows_of


class Lengths:
    """Batches of about one length, as the recipe's own sampler gives them."""

    def __init__(self, rows: int, size: int) -> None:
        self._rows, self._size, self.epoch = rows, size, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        lengths = np.arange(self._rows) % 7
        yield from length_batches(lengths, self._size, np.random.default_rng(self.epoch))

    def __len__(self) -> int:
        return math.ceil(self._rows / self._size)


def dealt(inner: Lengths, processes: int) -> list[list[list[int]]]:
    """Return the batches of every process, as the trainer's library hands them out."""
    shared = SharedBatches(inner, processes, seed=1)
    shards = [
        BatchSamplerShard(shared, processes, rank, even_batches=False) for rank in range(processes)
    ]
    assert {len(shard) for shard in shards} == {len(inner)}
    return [list(shard) for shard in shards]


@given(st.integers(1, 90), st.integers(1, 6), st.integers(1, 4))
def test_every_row_of_every_batch_is_some_process_s(rows: int, size: int, processes: int) -> None:
    inner = Lengths(rows, size * processes)
    parts = dealt(inner, processes)
    for number, batch in enumerate(inner):
        own = [part[number] for part in parts]
        assert {row for part in own for row in part} == set(batch)
        sizes = [len(part) for part in own]
        assert min(sizes) > 0
        assert max(sizes) - min(sizes) <= 1
        if len(batch) >= processes:
            assert sum(sizes) == len(batch)


def test_parts_of_a_batch_ordered_by_length_are_of_one_length() -> None:
    one, other = dealt(Lengths(64, 16), 2)
    lengths = [[sum(row % 7 for row in batch) for batch in part] for part in (one, other)]
    assert all(abs(a - b) <= 8 for a, b in zip(*lengths, strict=True))


def test_the_epoch_reaches_the_rows_and_the_batches() -> None:
    generator = torch.Generator()
    rows = RandomSampler(range(40), generator=generator)
    plain = SharedBatches(BatchSampler(rows, 4, drop_last=False), 2, seed=7)
    orders = []
    for epoch in (0, 1, 0):
        plain.sampler.set_epoch(epoch)
        orders.append(list(islice(plain, 6)))
    assert orders[0] == orders[2] != orders[1]
    inner = Lengths(8, 4)
    SharedBatches(inner, 2, seed=7).set_epoch(3)
    assert inner.epoch == 3


def test_alone_everything_is_as_it_was() -> None:
    loss = torch.tensor(2.0)
    assert loss_shared(loss, 3) == (loss, True)
    assert loss_shared(torch.tensor(float("nan")), 3)[1] is False
    assert rows_of({"a": torch.zeros(5, 2), "b": "text"}) == 5
    assert ALONE.share({"a": 1}) == {"a": 1}
    assert ALONE.agree(True, False) == [True, False]
    assert ALONE.gather([1.0]) == [[1.0]]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_batch_smaller_than_the_group_gives_everybody_a_row(rows: int) -> None:
    parts = dealt(Lengths(rows, 12), 3)
    assert [len(part[0]) for part in parts] == [1, 1, 1]
