"""How far a silver stage came: made-up queries that were not trained on, by before, after, teacher.

Two questions with their n and intervals: how high the passage that a query was made from stands in
its list (MRR@10, nDCG@10; near copies of it count as wrong, for the teacher as well), and how much
the order is the teacher's (the mean of Spearman's rho per list).
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sentence_transformers import CrossEncoder

from training.ml.data import Pair
from training.ml.measures.evaluation import SystemScores, evaluate
from training.ml.measures.intervals import bootstrap, interval
from training.ml.scoring import texts_score
from training.ml.silver.lists import SoftList
from training.ml.templates import Templates

QUERIES: Final = 120
SHARE: Final = 0.1  # of the queries at most
LIST_SIZE: Final = 12
METRICS: Final = ("MRR@10", "nDCG@10")
AGREEMENT: Final = "rho"

Scores = NDArray[np.float64]
"""Shape (lists, LIST_SIZE or fewer)."""


class HeldOut:
    """Lists that are kept from training, and what is asked of a model on them."""

    def __init__(self, lists: Sequence[SoftList], templates: Templates) -> None:
        self._lists = lists
        self._texts = [
            templates.pair(query=each.query, title=passage.title, text=passage.text)
            for each in lists
            for passage in each.passages
        ]
        self._teacher = np.stack([each.scores for each in lists])

    def scores(self, model: CrossEncoder, *, max_length: int, batch_size: int = 32) -> Scores:
        """Score all lists with at most `max_length` tokens of a pair."""
        length = model.max_seq_length
        model.max_seq_length = min(max_length, length or max_length)
        try:
            found = texts_score(model, self._texts, batch_size=batch_size)
        finally:
            model.max_seq_length = length
        return np.array(found).reshape(self._teacher.shape)

    def facts(self, before: Scores, after: Scores, *, seed: int) -> dict[str, Any]:
        """Return rows and differences of the three; JSON-able."""
        given = {"teacher": self._teacher, "before": before, "after": after}
        systems = {name: _named(scores) for name, scores in given.items()}
        found = evaluate(self._pairs(), systems, seed=seed)
        rows = [asdict(row) for row in found.rows if row.metric in METRICS]
        rows += [self._agreement(name, given[name], seed) for name in ("before", "after")]
        return {
            "queries": len(self._lists),
            "passages": self._teacher.shape[1],
            "rows": rows,
            "differences": [asdict(row) for row in found.differences if row.metric in METRICS],
        }

    def _pairs(self) -> list[Pair]:
        return [
            Pair(
                query_id=str(number),
                query=each.query,
                passage_id=str(place),
                title="",
                text="",
                grade=float(place == 0),
                gain=float(place == 0),
                target=float(place == 0),
                relevant=place == 0,
            )
            for number, each in enumerate(self._lists)
            for place in range(len(each.passages))
        ]

    def _agreement(self, system: str, scores: Scores, seed: int) -> dict[str, Any]:
        values = np.array([_rho(*both) for both in zip(scores, self._teacher, strict=True)])
        n = len(values)
        sampled = bootstrap(n, lambda weights: weights @ values[:, None] / n, seed=seed)
        low, high = interval(sampled[:, 0], n) or (None, None)
        value = float(values.mean())
        return {"system": system, "metric": AGREEMENT, "value": value, "low": low, "high": high,
                "n": n}  # fmt: skip


def held_out_count(queries: int) -> int:
    """Return how many of the queries are kept from training."""
    return max(1, min(QUERIES, int(SHARE * queries)))


def _named(scores: Scores) -> SystemScores:
    return {
        str(number): {str(place): float(score) for place, score in enumerate(row)}
        for number, row in enumerate(scores)
    }


def _rho(scores: Scores, taught: Scores) -> float:
    """Spearman's rho; 0 where one of the two gives the same score to all."""
    if np.ptp(scores) == 0 or np.ptp(taught) == 0:
        return 0.0
    return float(stats.spearmanr(scores, taught).statistic)
