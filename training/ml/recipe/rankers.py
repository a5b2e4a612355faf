"""Whatever orders passages, asked in one way: a cross-encoder by scores, an embedder by cosines.

A base without an output layer is an embedder. An output layer drawn at random would rank by chance,
and beating that says nothing; what it brings along is the order of its vectors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.ml.data import Pair
from training.ml.measures.judged import SystemScores
from training.ml.models.encoder import encoder_load
from training.ml.models.find import Base
from training.ml.models.load import base_load
from training.ml.models.split import SplitCrossEncoder
from training.ml.recipe.measuring import Reading, split_scores
from training.ml.reporter import Reporter
from training.ml.silver.queries import Passage
from training.ml.silver.teacher import Embedder
from training.ml.templates import Templates

AS_AN_EMBEDDER = "It has no output layer: it ranks by the cosines of its vectors."


@dataclass(frozen=True, slots=True)
class Ranker:
    """A model that is there; `scores` takes pairs and returns what `evaluate` wants."""

    scores: Callable[[Sequence[Pair]], SystemScores]
    templates: Templates
    max_length: int


def base_ranker(
    base: Base,
    spec: Reading,
    reporter: Reporter,
    *,
    templates: Templates | None = None,
    max_length: int | None = None,
    model: SplitCrossEncoder | None = None,
    device: str | None = None,
) -> Ranker:
    """Load a base as it ranks untouched, reading what the spec says, or what is given.

    `model` is it where it is loaded already. Raises BaseModelError where it cannot be loaded.
    """
    read, length = templates or spec.templates, max_length or spec.max_length
    if base.info.fresh_head:
        return _by_vectors(base, read, length, reporter)
    loaded = model or base_load(base, seed=spec.seed, max_length=length, device=device)
    return Ranker(
        lambda pairs: split_scores(loaded, pairs, spec, reporter, read),
        read,
        loaded.max_seq_length or length,
    )


def _by_vectors(base: Base, templates: Templates, length: int, reporter: Reporter) -> Ranker:
    encoder = encoder_load(base, max_length=length)
    embedder = Embedder(base.info, encoder)

    def scores(pairs: Sequence[Pair]) -> SystemScores:
        texts = (templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs)
        asked = [(query, Passage("", passage)) for query, passage in texts]
        found: dict[str, dict[str, float]] = {}
        for pair, score in zip(pairs, embedder.score(asked, reporter.progress), strict=True):
            found.setdefault(pair.query_id, {})[pair.passage_id] = float(score)
        return found

    return Ranker(scores, templates, encoder.max_length)
