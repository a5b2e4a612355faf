"""Lists to learn from: a made-up query, its passage and others, and how a teacher orders them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.ml.search.bm25 import Bm25
from training.ml.silver.queries import Made, Passage, Terms
from training.ml.silver.teacher import Progress, Teacher, read_text

DEPTH: Final = 30  # the best of each search, among which a list's hard ones are drawn
RANDOM_SHARE: Final = 0.25  # of a list, drawn from the whole corpus: the easy ones

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SoftList:
    """A query and its passages, the one that it was made from first; `scores` is the teacher's.

    Scores are in standard deviations of all lists' scores, BM25's part among them.
    """

    query: str
    passages: Sequence[Passage]
    scores: Floats

    def targets(self, *, temperature: float, bonus: float) -> Floats:
        """Return the logits that a model is to have, up to a constant."""
        logits = self.scores / temperature
        logits[0] += bonus
        return logits


class ListBuilder:
    """Builds lists over one corpus, in which the teacher and BM25 search."""

    def __init__(
        self,
        corpus: Sequence[Passage],
        teacher: Teacher,
        terms: Terms,
        *,
        bm25_weight: float,
        seed: int,
    ) -> None:
        self._corpus, self._teacher, self._terms = corpus, teacher, terms
        self._weight = bm25_weight
        self._rng = np.random.default_rng([seed, 2])
        self._bm25 = Bm25([read_text(each) for each in corpus], terms)

    def build(self, made: Sequence[Made], size: int, progress: Progress) -> list[SoftList]:
        """Return a list of `size` passages for each query, fewer where the corpus is smaller."""
        near = self._teacher.neighbours([each.query for each in made], self._corpus, DEPTH)
        passages, lexical = [], []
        for each, neighbours in zip(made, near, strict=True):
            words = self._bm25.scores(each.query)
            rows = self._candidates(each.row, neighbours.tolist(), words, size - 1)
            passages.append([each.rest, *(self._corpus[row] for row in rows)])
            lexical.append(np.array([self._own_words(each, words), *words[rows]]))
        pairs = [(e.query, p) for e, own in zip(made, passages, strict=True) for p in own]
        taught = self._teacher.score(pairs, progress).astype(np.float64)
        mixed = _standard(taught) + self._weight * _standard(
            np.concatenate([_of_best(own) for own in lexical])
        )
        scores = np.split(_standard(mixed), np.cumsum([len(own) for own in passages])[:-1])
        return [
            SoftList(each.query, own, mine)
            for each, own, mine in zip(made, passages, scores, strict=True)
        ]

    def _candidates(
        self, own: int, near: list[int], words: NDArray[np.float32], wanted: int
    ) -> list[int]:
        """Draw rows: neighbours of both searches in turn, the best more often, and random ones."""
        wanted = min(wanted, len(self._corpus) - 1)
        lexical = [int(row) for row in np.argsort(-words, kind="stable")[:DEPTH] if words[row] > 0]
        hard = wanted - max(1, round(RANDOM_SHARE * (wanted + 1))) if wanted > 1 else wanted
        found: dict[int, None] = {}
        queues = [self._drawn(near), self._drawn(lexical)]
        while len(found) < hard and any(queues):
            for queue in queues:
                row = queue.pop(0) if queue and len(found) < hard else own
                if row != own:
                    found[row] = None
        while len(found) < wanted:
            row = int(self._rng.integers(len(self._corpus)))
            if row != own:
                found[row] = None
        return list(found)

    def _drawn(self, rows: list[int]) -> list[int]:
        """Shuffle the rows so that better ranks tend to come first."""
        if not rows:
            return []
        weights = 1.0 / np.sqrt(np.arange(1, len(rows) + 1))
        order = self._rng.choice(len(rows), len(rows), replace=False, p=weights / weights.sum())
        return [rows[place] for place in order]

    def _own_words(self, made: Made, words: NDArray[np.float32]) -> float:
        """BM25 of a passage without its query's text: by the share of the terms that are left."""
        wanted = set(self._terms(made.query))
        left = wanted & set(self._terms(read_text(made.rest)))
        return float(words[made.row]) * len(left) / max(1, len(wanted))


def _of_best(scores: Floats) -> Floats:
    """Give BM25 the same scale in every list: shares of its best."""
    best = scores.max()
    return scores / best if best > 0 else scores


def _standard(scores: Floats) -> Floats:
    """Bring the standard deviation to 1; constants to 0."""
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 1e-12 else np.zeros_like(scores)
