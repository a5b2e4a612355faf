"""Scores of pairs: the one way in which baseline, evaluation and serving ask a model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from sentence_transformers import CrossEncoder

from training.ml.data import Pair
from training.ml.errors import DivergedError
from training.ml.templates import Templates
from training.ml.tokenised import Features, Tokenised, plain

# Pairs that are tokenised together: their ids are in memory, and lengths differ enough in them.
_PART: Final = 4096
# Batches between two reports of progress: a few seconds on a laptop.
_CHUNK: Final = 8
_AS_IS: Final = torch.nn.Identity()

Progress = Callable[[int, int], None]
Forward = Callable[[Features], NDArray[np.float32]]
"""The features of a batch -> its logits, shape (pairs,)."""


def pairs_score(
    model: CrossEncoder,
    pairs: Sequence[Pair],
    templates: Templates,
    *,
    batch_size: int,
    progress: Progress | None = None,
    forward: Forward | None = None,
) -> dict[str, dict[str, float]]:
    """Score judged candidates; returns {query_id: {passage_id: score}} as `evaluate` wants it."""
    texts = [templates.pair(query=pair.query, title=pair.title, text=pair.text) for pair in pairs]
    scores = texts_score(model, texts, batch_size=batch_size, progress=progress, forward=forward)
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
    forward: Forward | None = None,
) -> list[float]:
    """Score (query text, passage text) pairs, templates applied; same order, each in (0, 1).

    Scores are the sigmoid of the model's logits in double precision: in single precision all that
    is above 17 would be 1, a tie. `batch_size` is in pairs of 128 tokens: of longer ones fewer are
    computed at once, of shorter ones more. `forward` computes the logits in the model's place.
    `progress` gets the number of pairs done and of all pairs. Raises DivergedError for scores that
    are not numbers.
    """
    scores = expit(logits(model, texts, batch_size=batch_size, progress=progress, forward=forward))
    return [float(score) for score in scores]


def logits(
    model: CrossEncoder,
    texts: Sequence[tuple[str, str]],
    *,
    batch_size: int,
    progress: Progress | None = None,
    forward: Forward | None = None,
) -> NDArray[np.float64]:
    """Return what `texts_score` takes the sigmoid of; shape (len(texts),).

    Equal texts are computed once: in two batches they would come out a rounding apart, which
    decides an order that is to be a tie.
    """
    places: dict[tuple[str, str], int] = {}
    of = np.fromiter((places.setdefault(each, len(places)) for each in texts), np.int64, len(texts))
    if len(places) == len(texts):
        return _distinct(model, texts, batch_size, progress, forward)

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(len(texts) * done // total, len(texts))

    return _distinct(model, list(places), batch_size, told, forward)[of]


def _distinct(
    model: CrossEncoder,
    texts: Sequence[tuple[str, str]],
    batch_size: int,
    progress: Progress | None,
    forward: Forward | None,
) -> NDArray[np.float64]:
    found = np.zeros(len(texts), dtype=np.float64)
    done = 0
    if plain(model):
        batches = _computed(model, texts, batch_size, forward or torch_forward(model))
    else:
        batches = _predicted(model, texts, batch_size)
    for number, (rows, values) in enumerate(batches, start=1):
        found[rows] = values
        done += len(rows)
        if progress is not None and (number % _CHUNK == 0 or done == len(texts)):
            progress(done, len(texts))
    if not np.isfinite(found).all():
        raise DivergedError(
            "The model's scores are not numbers.",
            "If this is the base model, choose another; if it came up in training, lower "
            "learning_rate and switch bf16 off.",
        )
    return found


def torch_forward(model: CrossEncoder) -> Forward:
    """Return the model itself, in the precision of its weights, on its device."""
    model.eval()

    @torch.inference_mode()
    def forward(features: Features) -> NDArray[np.float32]:
        tensors = {name: torch.from_numpy(ids).to(model.device) for name, ids in features.items()}
        scores: torch.Tensor = model(tensors)["scores"]
        return scores.squeeze(-1).float().cpu().numpy()

    return forward


_Batches = Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]


def _computed(
    model: CrossEncoder, texts: Sequence[tuple[str, str]], batch_size: int, forward: Forward
) -> _Batches:
    for rows in _parts(texts):
        part = Tokenised(model, [texts[row] for row in rows])
        for inner, features in part.batches(batch_size):
            yield rows[inner], forward(features)


def _predicted(model: CrossEncoder, texts: Sequence[tuple[str, str]], batch_size: int) -> _Batches:
    order = np.concatenate(list(_parts(texts)) or [np.zeros(0, dtype=np.int64)])
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        values = model.predict(
            [texts[row] for row in rows],
            batch_size=batch_size,
            activation_fn=_AS_IS,
            show_progress_bar=False,
        )
        yield rows, values


def _parts(texts: Sequence[tuple[str, str]]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows from the most characters to the fewest, as many as are tokenised at once."""
    order = np.argsort([-len(query) - len(passage) for query, passage in texts], kind="stable")
    for start in range(0, len(order), _PART):
        yield order[start : start + _PART]
