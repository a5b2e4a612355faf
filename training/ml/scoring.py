"""Scores of pairs: the one way in which baseline, evaluation and serving ask a model."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from scipy.special import expit
from sentence_transformers import CrossEncoder

from training.ml.data import Pair
from training.ml.errors import DivergedError
from training.ml.templates import Templates

# Batches between two reports of progress: a few seconds on a laptop.
_CHUNK: Final = 8
_AS_IS: Final = torch.nn.Identity()

Progress = Callable[[int, int], None]


def pairs_score(
    model: CrossEncoder,
    pairs: Sequence[Pair],
    templates: Templates,
    *,
    batch_size: int,
    progress: Progress | None = None,
) -> dict[str, dict[str, float]]:
    """Score judged candidates; returns {query_id: {passage_id: score}} as `evaluate` wants it."""
    texts = [templates.pair(query=pair.query, title=pair.title, text=pair.text) for pair in pairs]
    scores = texts_score(model, texts, batch_size=batch_size, progress=progress)
    found: dict[str, dict[str, float]] = {}
    for pair, score in zip(pairs, scores, strict=True):
        found.setdefault(pair.query_id, {})[pair.passage_id] = score
    return found


def texts_score(
    model: CrossEncoder,
    texts: Sequence[tuple[str, str]],
    *,
    batch_size: int,
    progress: Progress | None = None,
) -> list[float]:
    """Score (query text, passage text) pairs, templates applied; same order, each in (0, 1).

    Scores are the sigmoid of the model's logits in double precision: in single precision all that
    is above 17 would be 1, a tie.

    Pairs are scored from the longest to the shortest, so that a batch holds texts of about one
    length, little is padded, and memory that does not suffice shows at once. `progress` gets the
    number of pairs done and of all pairs. Raises DivergedError for scores that are not numbers.
    """
    order = np.argsort([-len(query) - len(passage) for query, passage in texts], kind="stable")
    scores = np.zeros(len(texts), dtype=np.float64)
    step = batch_size * _CHUNK
    for start in range(0, len(texts), step):
        rows = order[start : start + step]
        chunk = [texts[row] for row in rows]
        logits = model.predict(
            chunk, batch_size=batch_size, activation_fn=_AS_IS, show_progress_bar=False
        )
        scores[rows] = expit(logits.astype(np.float64))
        if progress is not None:
            progress(min(start + step, len(texts)), len(texts))
    if not np.isfinite(scores).all():
        raise DivergedError(
            "The model's scores are not numbers.",
            "If this is the base model, choose another; if it came up in training, lower "
            "learning_rate and switch bf16 off.",
        )
    return [float(score) for score in scores]
