"""Which rows are read together: texts of about one length, and none that is another's answer.

The trainer of transformers has `group_by_length`; that of sentence-transformers takes the argument
and ignores it, since its batches come from samplers of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers.base.sampler import DefaultBatchSampler

# Batches whose texts are sorted together: the more, the less padding, and the less chance.
MEGA: Final = 16
# Rows that wait for a batch that can take them: of a query with more answers, batches are smaller.
AHEAD: Final = 1_000


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
        self._dataset, self._lengths = dataset, lengths_of(dataset)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch, 4])
        yield from length_batches(self._lengths, self.batch_size, rng, drop_last=self.drop_last)


class AgainstBatchSampler(LengthBatchSampler):
    """Batches whose rows are held against each other: none has what is relevant to another's query.

    The library's own sampler keeps equal texts apart; here a passage that is relevant to the query
    of one row is no passage of another one either, whatever it is there. Every epoch has as many
    batches as the first one, in which each row comes once.
    """

    grouped = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rows = against_rows(self._dataset)
        self._first: list[list[int]] | None = None

    def __len__(self) -> int:
        if self._first is None:
            self._first = self._pass(0, 0)
        return len(self._first)

    def __iter__(self) -> Iterator[list[int]]:
        yielded, wanted = 0, len(self)
        for again in range(wanted):
            for batch in self._pass(self.epoch, again):
                yield batch
                yielded += 1
                if yielded == wanted:
                    return

    def _pass(self, epoch: int, again: int) -> list[list[int]]:
        rng = np.random.default_rng([self.seed, epoch, 4, again])
        if self.grouped:
            stretches = length_batches(self._lengths, self.batch_size, rng)
            order = [row for batch in stretches for row in batch]
        else:
            order = rng.permutation(len(self._lengths)).tolist()
        found = apart_batches(self._rows, order, self.batch_size)
        whole = [batch for batch in found if len(batch) == self.batch_size]
        return whole if self.drop_last and whole else found


class MixedAgainstBatchSampler(AgainstBatchSampler):
    """The same with texts of all lengths in a batch."""

    grouped = False


@dataclass(frozen=True, slots=True)
class AgainstRow:
    """A row's texts, each by a number: its query, its passages, and all that answers the query."""

    query: int
    passages: frozenset[int]
    answers: frozenset[int]


def against_rows(dataset: Dataset) -> list[AgainstRow]:
    """Number the texts of rows of an anchor, a positive and negatives."""
    numbers: dict[str, int] = {}
    others = [name for name in dataset.column_names if name != "anchor"]
    columns = {
        name: [numbers.setdefault(text, len(numbers)) for text in dataset[name]]
        for name in ("anchor", *others)
    }
    answers: dict[int, set[int]] = {}
    for query, answer in zip(columns["anchor"], columns["positive"], strict=True):
        answers.setdefault(query, set()).add(answer)
    kept = {query: frozenset(found) for query, found in answers.items()}
    passages = zip(*(columns[name] for name in others), strict=True)
    return [
        AgainstRow(query, frozenset(own), kept[query])
        for query, own in zip(columns["anchor"], passages, strict=True)
    ]


def apart_batches(rows: Sequence[AgainstRow], order: Sequence[int], size: int) -> list[list[int]]:
    """Deal rows out in this order; one that a batch cannot take waits for the next.

    A batch looks at `AHEAD` rows that wait, at most, and is smaller where these are not enough.
    """
    waiting, at, batches = list[int](), 0, list[list[int]]()
    while waiting or at < len(order):
        batch, texts, answers = list[int](), set[int](), set[int]()

        def takes(row: AgainstRow, texts: set[int] = texts, answers: set[int] = answers) -> bool:
            own = {row.query, *row.passages}
            if own & texts or row.passages & answers or row.answers & texts:
                return False
            texts |= own
            answers |= row.answers
            return True

        late = list[int]()
        for place in waiting[:AHEAD]:
            full = len(batch) == size
            (late if full or not takes(rows[place]) else batch).append(place)
        waiting = late + waiting[AHEAD:]
        while len(batch) < size and at < len(order) and len(waiting) < AHEAD:
            place, at = order[at], at + 1
            (batch if takes(rows[place]) else waiting).append(place)
        batches.append(batch)
    return batches


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
