"""The keys of the silver stage: a model learns from a teacher on made-up queries, then from people.

No Django and no torch, as `training.spec.train`, whose spec has these keys among its own.
"""

from dataclasses import dataclass
from typing import Any, Final

from training.spec.base import key
from training.spec.scored import ScoredSpec

OFF: Final = "off"
FRESH_HEAD: Final = "fresh_head"
ALWAYS: Final = "always"
GROUP: Final = "silver stage"
# What its curves are named with: its steps are not those of the training on labels.
CURVE: Final = "silver_"


def _key(*declared: Any, **bounds: Any) -> Any:
    return key(*declared, group=GROUP, **bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverSpec(ScoredSpec):
    """What the silver stage does, if anything; with the keys of the training set."""

    silver: str = _key(
        "choice",
        OFF,
        "Train on queries made from titles and sentences of the corpus before the labels: `off`, "
        "where the base has no output layer of its own (`fresh_head`), or `always`.",
        choices=(OFF, FRESH_HEAD, ALWAYS),
    )
    silver_pairs: int = _key(
        "integer",
        20_000,
        "Pairs of a made-up query and a passage that are trained on; they set the time it takes.",
        minimum=64,
        maximum=10_000_000,
    )
    silver_teacher: str | None = _key(
        "run",
        None,
        "What orders the passages: an embedder or a reranker, named as a base model is; null: the "
        "packaged all-MiniLM-L6-v2.",
        nullable=True,
    )
    silver_list_size: int = _key(
        "integer", 8, "Passages that the teacher orders for a query.", minimum=2, maximum=64
    )
    silver_batch_size: int = _key(
        "integer", 4, "Queries per step, each with all of its list.", minimum=1, maximum=512
    )
    silver_bm25: float = _key(
        "number",
        0.3,
        "Weight of BM25 beside the teacher, both in their standard deviations; 0: none.",
        minimum=0,
        maximum=10,
    )
    silver_temperature: float = _key(
        "number",
        0.3,
        "Softmax temperature of the targets, in standard deviations of the teacher's scores; lower "
        "is sharper.",
        minimum=0,
        maximum=100,
        above_minimum=True,
    )
    silver_bonus: float = _key(
        "number",
        1.0,
        "Added to the target logit of the passage that a query was made from.",
        minimum=0,
        maximum=100,
    )
    silver_learning_rate: float = _key(
        "number",
        2e-4,
        "Highest learning rate of the silver stage.",
        minimum=0,
        maximum=1,
        above_minimum=True,
    )
    silver_max_length: int = _key(
        "integer",
        64,
        "Tokens of a pair that the silver stage reads, `max_length` at most: short is fast.",
        minimum=8,
        maximum=32_768,
    )

    def silver_wanted(self, *, fresh_head: bool) -> bool:
        """Say whether a base goes through the silver stage."""
        return self.silver == ALWAYS or (self.silver == FRESH_HEAD and fresh_head)
