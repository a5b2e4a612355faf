"""Passages that look so much like answers that they probably are some; no torch is imported."""

from dataclasses import dataclass
from typing import Literal

from training.ml.data import Pair

Why = Literal["close", "alike", "negative"]
"""Why a passage that nobody judged may be relevant: as close to the query as its relevant passages
by the bi-encoder, nearly one of them, or learned as a negative and scored high all the same."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A passage that may be relevant to a query, though nobody judged it; and its cosine."""

    pair: Pair
    why: Why
    near: float | None


@dataclass(frozen=True, slots=True)
class LikelyScored:
    """A query and a passage by their ids, the new model's score in (0, 1), the bi-encoder's cosine,
    and why it came into question.
    """

    query_id: str
    passage_id: str
    score: float
    near: float | None
    why: Why
