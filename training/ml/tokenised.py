"""Pairs of texts as token ids: read once, and batched so that next to nothing is padded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Transformer
from transformers import PreTrainedTokenizerBase
from transformers.data.data_collator import pad_without_fast_tokenizer_warning

TOKENS: Final = 128
"""Tokens of a pair of usual length: what a batch size counts in."""

# The library's collators pad with this; it ships no types.
_PAD: Final[Any] = pad_without_fast_tokenizer_warning

Row = Mapping[str, Sequence[int]]
"""Input name -> the ids of one pair."""

Features = Mapping[str, NDArray[np.int64]]
"""Input name -> ids; every array has the shape (pairs, tokens of the longest)."""


class Tokenised:
    """(query text, passage text) pairs as `CrossEncoder.predict` would tokenise them."""

    def __init__(self, model: CrossEncoder, texts: Sequence[tuple[str, str]]) -> None:
        self._tokenizer: PreTrainedTokenizerBase = model.tokenizer
        self._encoded = self._tokenizer(
            [query for query, _ in texts],
            [passage for _, passage in texts],
            truncation="longest_first",
            max_length=model.max_seq_length,
            padding=False,
        )
        self._lengths = np.array([len(ids) for ids in self._encoded["input_ids"]], dtype=np.int64)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each pair, without padding."""
        return self._lengths

    @property
    def tokens(self) -> int:
        """Tokens of all pairs, without padding."""
        return int(self._lengths.sum())

    def row(self, place: int) -> Row:
        """Return the ids of one pair."""
        return {name: ids[place] for name, ids in self._encoded.items()}

    def batches(self, batch_size: int) -> Iterator[tuple[NDArray[np.int64], Features]]:
        """Yield the rows of each batch with its features, from the longest pairs to the shortest.

        A batch computes about `batch_size` x TOKENS tokens, padding included, whatever the lengths
        are: few long pairs, many short ones. The longest come first, so that memory that does not
        suffice shows at once.
        """
        order = np.argsort(-self._lengths, kind="stable")
        start = 0
        while start < len(order):
            longest = max(1, int(self._lengths[order[start]]))
            rows = order[start : start + max(1, batch_size * TOKENS // longest)]
            yield rows, self._features(rows)
            start += len(rows)

    def _features(self, rows: NDArray[np.int64]) -> Features:
        return rows_pad(self._tokenizer, [self.row(row) for row in rows])


def rows_pad(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row]) -> Features:
    """Return the features of a batch of pairs, which the tokenizer has read at any time."""
    picked = {name: [row[name] for row in rows] for name in rows[0]}
    padded = _PAD(tokenizer, picked, padding="longest", return_tensors="np")
    return {name: np.ascontiguousarray(ids, dtype=np.int64) for name, ids in padded.items()}


def plain(model: CrossEncoder) -> bool:
    """Say whether the model reads a pair as its tokenizer gives it, and nothing else.

    Models with a chat template, with a prompt, or with batches that are flattened for the GPU are
    read by sentence-transformers alone.
    """
    first: Any = model[0]
    return (
        len(model) == 1
        and isinstance(first, Transformer)
        and not first.can_flatten_inputs
        and "message" not in first.modality_config
        and not model.prompts.get(model.default_prompt_name or "")
    )
