"""One model that serves: what a caller asks becomes rows of tokens, and logits become an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.ml.models.golden import Golden
from training.ml.models.published import Published
from training.ml.scoring import Forward, logits, torch_forward
from training.ml.serving.asked import Answer, Ask, TooLongError
from training.ml.serving.windows import Texts, texts_of
from training.ml.tokenised import Row, Tokenised, plain, rows_pad

# Pairs of 128 tokens that are computed at once: 4,096 tokens suit two cores and many.
BATCH: Final = 32
BATCH_ON_GPU: Final = 256


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be computed for an ask: distinct pairs, and which of them each document needs.

    `rows` are the pairs' tokens, empty where the model reads texts in a way of its own.
    """

    texts: Texts
    rows: Sequence[Row]
    lengths: NDArray[np.int64]
    parts: Sequence[Sequence[int]]

    def answer(self, values: NDArray[np.float64]) -> Answer:
        """Return each document's best logit, of those of the pairs."""
        read = int(sum(self.lengths[part].sum() for part in map(list, self.parts)))
        return Answer([float(values[list(part)].max()) for part in self.parts], read)


class Engine:
    """A model that serves; `forward` is what computes its logits, and may be replaced by a better.

    Its methods may be called by several threads at once.
    """

    def __init__(self, published: Published) -> None:
        self.model, self.templates = published.model, published.templates
        self.exact: Final = torch_forward(self.model)
        self.forward: Forward = self.exact
        self.plain: Final = plain(self.model)
        self.batch: Final = BATCH if self.model.device.type == "cpu" else BATCH_ON_GPU
        # A tokenizer keeps the length that it cuts to in itself.
        self._reading = Lock()

    @property
    def length(self) -> int:
        """Tokens of a pair that the model reads."""
        return int(self.model.max_seq_length or self.model.tokenizer.model_max_length)

    def work(self, ask: Ask) -> Work:
        """Return what is to be computed. Raises TooLongError where nothing may be cut."""
        with self._reading:
            if not ask.truncate:
                self._short(ask)
            texts = texts_of(ask, self.templates, self.model.tokenizer, self.length)
            # Equal texts are computed once: in two batches they come out a rounding apart.
            places: dict[tuple[str, str], int] = {}
            parts = [[places.setdefault(each, len(places)) for each in own] for own in texts]
            read = Tokenised(self.model, list(places))
        rows = [read.row(place) for place in range(len(places))] if self.plain else []
        return Work(list(places), rows, read.lengths, parts)

    def compute(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """Return the logits of a batch of rows, shape (len(rows),)."""
        return self.forward(rows_pad(self.model.tokenizer, rows))

    def compute_texts(self, texts: Texts) -> NDArray[np.float64]:
        """Return the logits of pairs that the model reads in a way of its own."""
        return logits(self.model, texts, batch_size=self.batch)

    def golden(self, golden: Golden, forward: Forward) -> float:
        """Return how far the golden pairs are from what they were, computed by `forward`."""
        with self._reading:
            return golden.difference(self.model, self.templates, forward)

    def _short(self, ask: Ask) -> None:
        query = self.templates.query_text(ask.query)
        read = self.model.tokenizer(
            [query] * len(ask.documents),
            [self.templates.passage_text(title=d.title, text=d.text) for d in ask.documents],
            truncation=False,
        )["input_ids"]
        for place, ids in enumerate(read):
            if len(ids) > self.length:
                raise TooLongError(
                    f"Query and document {place} have {len(ids):,} tokens together; this model"
                    f" reads {self.length:,}."
                )
