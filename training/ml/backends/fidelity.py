"""How faithful a backend is to torch in float32, and how faithful it has to be."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import spearmanr

from training.ml.data import Pair
from training.ml.measures.judged import align, judged_build
from training.ml.measures.ranking import RANKING_METRICS, RankingMeasures

Floats = NDArray[np.float64]

QUERIES_LEAST: Final = 50
"""Judged queries with a relevant passage below which a change of nDCG says nothing."""
_NDCG: Final = RANKING_METRICS.index("nDCG@10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still faithful; without enough judged queries only the ranking of pairs tells.

    `ndcg` bounds the change of nDCG@10 either way; `spearman` is the least rank correlation of
    scores, and `difference` the most that one score, a probability, may move. `blind_…` hold where
    too few queries are judged.
    """

    ndcg: float = 0.005
    spearman: float = 0.98
    difference: float = 0.2
    blind_spearman: float = 0.995
    blind_difference: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """A backend's scores beside those of torch in float32, over `pairs` pairs.

    `difference` is the largest of two scores; `ndcg` the change of mean nDCG@10 over `queries`
    judged queries that have a relevant passage, None where there are too few.
    """

    pairs: int
    spearman: float
    difference: float
    queries: int = 0
    ndcg: float | None = None

    def broken(self, limits: Limits) -> str:
        """Say which limit does not hold; empty where all do."""
        blind = self.ndcg is None
        spearman = limits.blind_spearman if blind else limits.spearman
        difference = limits.blind_difference if blind else limits.difference
        if self.ndcg is not None and not abs(self.ndcg) <= limits.ndcg:
            return f"nDCG@10 changes by {self.ndcg:+.4f}, more than {limits.ndcg}"
        if not self.spearman >= spearman:
            return f"Spearman is {self.spearman:.4f}, less than {spearman}"
        if not self.difference <= difference:
            return f"a score changes by {self.difference:.4f}, more than {difference}"
        return ""

    def line(self) -> str:
        """Say it in a few words."""
        if self.ndcg is None:
            judged = "no judged queries to compare nDCG@10 on"
        else:
            judged = f"nDCG@10 {self.ndcg:+.4f} over {self.queries:,} judged queries"
        return f"{judged}, Spearman {self.spearman:.4f}, scores moved by {self.difference:.4f}"

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(**stored)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


class Yardstick:
    """Judged pairs, or none, by which logits are compared; rows of judged pairs come first."""

    def __init__(self, judged: Sequence[Pair]) -> None:
        self._pairs = judged
        self._judged = judged_build(judged) if judged else None
        if self._judged is not None:
            self._measures = RankingMeasures(self._judged)
            starts = self._judged.starts
            self._useful = np.maximum.reduceat(self._judged.gain, starts) > 0

    def compare(self, exact: Floats, logits: Floats) -> Fidelity:
        """Compare logits of judged pairs, and of any more, with those of torch in float32."""
        # A quantised model that gives one score to all has no correlation: that is no fidelity.
        constant = bool(np.ptp(exact) == 0 or np.ptp(logits) == 0)
        spearman = 0.0 if constant else float(spearmanr(exact, logits).statistic)
        difference = float(np.abs(expit(exact) - expit(logits)).max())
        found = Fidelity(pairs=len(exact), spearman=spearman, difference=difference)
        if self._judged is None or self._useful.sum() < QUERIES_LEAST:
            return found
        change = self.ndcg(logits) - self.ndcg(exact)
        return replace(found, queries=int(self._useful.sum()), ndcg=change)

    def ndcg(self, logits: Floats) -> float:
        """Return mean nDCG@10 over the judged queries that have a relevant passage.

        `logits` are those of the judged pairs, in their order, and of any more.
        """
        assert self._judged is not None
        scores: dict[str, dict[str, float]] = {}
        for pair, logit in zip(self._pairs, logits, strict=False):
            scores.setdefault(pair.query_id, {})[pair.passage_id] = float(logit)
        values = self._measures.per_query(align(self._judged, "backend", scores))
        return float(values[self._useful, _NDCG].mean())
