"""Teachers: what orders passages for made-up queries. An embedder, or any reranker."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from training.ml.errors import BaseModelError
from training.ml.models.check import tokens_limit
from training.ml.models.encoder import BiEncoder, encoder_load
from training.ml.models.find import Base, BaseInfo
from training.ml.models.load import base_load
from training.ml.models.published import published_load
from training.ml.models.save import METADATA
from training.ml.scoring import logits
from training.ml.search.topk import kth_best
from training.ml.silver.queries import Passage
from training.ml.templates import Templates

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Progress = Callable[[int, int], None]

READ: Final = 128  # tokens of a passage that a teacher reads
_ANY: Final = 8  # tokens that every model takes
_BATCH: Final = 32
_BLOCK: Final = 512  # queries whose products with the corpus are in memory at once


class Teacher(Protocol):
    """Scores passages for queries on a scale of its own, on which only differences count."""

    info: BaseInfo
    kind: str

    def neighbours(self, queries: Sequence[str], corpus: Sequence[Passage], depth: int) -> Rows:
        """Return the best rows for each query, best first; shape (queries, depth or fewer).

        Without columns where the teacher cannot search.
        """

    def score(self, pairs: Sequence[tuple[str, Passage]], progress: Progress) -> Scores:
        """Score pairs; shape (len(pairs),)."""


def teacher_load(base: Base, *, device: str | None = None, read: int = READ) -> Teacher:
    """Load a teacher: a reranker where the model has an output layer, an embedder where not.

    It reads `read` tokens at most; a version of ours as many as it was evaluated with.
    Raises BaseModelError with a message for the user, ResourceError where memory runs out.
    """
    if base.info.fresh_head:
        return Embedder(base.info, encoder_load(base, max_length=read))
    return Reranker(base, device, read)


class Embedder:
    """A bi-encoder: scores are cosines, and it searches by itself."""

    kind = "embedder"

    def __init__(self, info: BaseInfo, encoder: BiEncoder) -> None:
        self.info, self._encoder = info, encoder
        self._known: dict[str, NDArray[np.float32]] = {}

    def neighbours(self, queries: Sequence[str], corpus: Sequence[Passage], depth: int) -> Rows:
        asked = self._vectors(queries, self._encoder.encode_queries)
        read = self._vectors([read_text(each) for each in corpus], self._encoder.encode_passages)
        depth = min(depth, len(corpus))
        found = [
            _best(asked[start : start + _BLOCK] @ read.T, depth)
            for start in range(0, len(queries), _BLOCK)
        ]
        return np.concatenate(found) if found else np.zeros((0, depth), dtype=np.int64)

    def score(self, pairs: Sequence[tuple[str, Passage]], progress: Progress) -> Scores:
        asked = self._vectors([query for query, _ in pairs], self._encoder.encode_queries)
        progress(len(pairs) // 2, len(pairs))
        read = self._vectors([read_text(each) for _, each in pairs], self._encoder.encode_passages)
        progress(len(pairs), len(pairs))
        scores: Scores = np.einsum("nd,nd->n", asked, read)
        return scores

    def _vectors(
        self, texts: Sequence[str], encode: Callable[..., NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Encode each text once: a passage is met in many lists. Prompts keep the two apart."""
        name = encode.__name__
        new = list(dict.fromkeys(text for text in texts if f"{name} {text}" not in self._known))
        if new:
            vectors = encode(new, batch_size=_BATCH)
            keys = (f"{name} {text}" for text in new)
            self._known.update(zip(keys, vectors, strict=True))
        return np.stack([self._known[f"{name} {text}"] for text in texts])


class Reranker:
    """A cross-encoder: scores are logits; one of ours is read with its own templates."""

    kind = "reranker"

    def __init__(self, base: Base, device: str | None, read: int = READ) -> None:
        self.info = base.info
        self._model, self._templates = _reranker(base, device, read)

    def neighbours(self, queries: Sequence[str], corpus: Sequence[Passage], depth: int) -> Rows:
        return np.zeros((len(queries), 0), dtype=np.int64)

    def score(self, pairs: Sequence[tuple[str, Passage]], progress: Progress) -> Scores:
        fill = self._templates.pair
        texts = [fill(query=query, title=each.title, text=each.text) for query, each in pairs]
        found = logits(self._model, texts, batch_size=_BATCH, progress=progress)
        return np.asarray(found, dtype=np.float32)


def read_text(passage: Passage) -> str:
    """Return what a search reads of a passage, as pooling does: title, line break, text."""
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def _reranker(base: Base, device: str | None, read: int) -> tuple[CrossEncoder, Templates]:
    if (base.folder / METADATA).exists():
        version = published_load(base)
        return version.model, version.templates
    try:
        model = base_load(base, seed=0, max_length=_ANY, device=device)
    except BaseModelError as error:
        raise BaseModelError(f"As the teacher: {error.message}", error.advice) from error
    model.max_seq_length = min(read, tokens_limit(model) or read)
    return model, Templates()


def _best(scores: NDArray[np.float32], depth: int) -> Rows:
    """Return the rows of the best `depth` of each line, best first, ties by row."""
    found = np.empty((len(scores), depth), dtype=np.int64)
    cuts = kth_best(scores, depth)
    for line, (values, cut) in enumerate(zip(scores, cuts, strict=True)):
        rows = np.flatnonzero(values >= cut)
        found[line] = rows[np.argsort(-values[rows], kind="stable")][:depth]
    return found
