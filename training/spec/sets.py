"""The keys of a recipe that say what it learns from: which pairs of a snapshot, which negatives."""

from dataclasses import dataclass
from typing import Final

from training.spec.base import Spec, key

MINERS: Final = ("none", "bm25", "bi-encoder", "both")
STRATEGIES: Final = ("top", "random")
SNAPSHOT: Final = "snapshot"
CORPUS: Final = "corpus"
USE: Final = "use"
IGNORE: Final = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpec(Spec):
    """The training set. Names are those of sentence-transformers' `mine_hard_negatives`."""

    num_negatives: int | None = key(
        "integer",
        None,
        "Passages that are not relevant, for each relevant one of a query: judged ones first, then "
        "mined ones; null: all judged ones.",
        group="training set",
        minimum=1,
        maximum=1000,
        nullable=True,
    )
    mine_negatives: str = key(
        "choice",
        "none",
        "What finds hard negatives where fewer than `num_negatives` were judged.",
        group="training set",
        choices=MINERS,
    )
    mine_from: str = key(
        "choice",
        SNAPSHOT,
        "Where negatives are mined, and drawn: among the passages of the `snapshot`, or in the "
        "whole `corpus` of the project as it is when the job begins.",
        group="training set",
        choices=(SNAPSHOT, CORPUS),
    )
    range_min: int = key(
        "integer",
        0,
        "Mined passages begin after this rank: the first ones are often relevant.",
        group="training set",
        minimum=0,
        maximum=1000,
    )
    range_max: int = key(
        "integer",
        100,
        "Mined passages end with this rank.",
        group="training set",
        minimum=1,
        maximum=1000,
    )
    relative_margin: float | None = key(
        "number",
        0.05,
        "Left out as probably relevant: what the bi-encoder finds closer to the query than this "
        "share below its relevant passages; null: nothing.",
        group="training set",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    sampling_strategy: str = key(
        "choice",
        "top",
        "Which of the mined passages are taken: the `top` ones, or some at `random`.",
        group="training set",
        choices=STRATEGIES,
    )
    random_negatives: int = key(
        "integer",
        0,
        "Passages drawn at random for each relevant one, besides: easy ones keep scores apart.",
        group="training set",
        minimum=0,
        maximum=1000,
    )
    max_train_pairs: int | None = key(
        "integer",
        None,
        "Pairs at most: relevant ones are all kept, the others drawn, judged ones first; null: "
        "all.",
        group="training set",
        minimum=2,
        maximum=100_000_000,
        nullable=True,
    )
    preferences: str = key(
        "choice",
        USE,
        "Which of two passages people preferred is learned by a loss that reads lists, as lists of "
        "two: `use` it, or `ignore` it.",
        group="training set",
        choices=(USE, IGNORE),
    )
    list_size: int = key(
        "integer",
        16,
        "Passages of one query that a listwise loss reads together, at most.",
        group="training set",
        minimum=2,
        maximum=256,
    )

    @property
    def mines(self) -> bool:
        """Whether passages are looked for that nobody judged."""
        return self.mine_negatives != "none" or self.random_negatives > 0

    @property
    def mines_corpus(self) -> bool:
        """Whether they are looked for in the whole corpus."""
        return self.mines and self.mine_from == CORPUS

    def conflicts(self) -> dict[str, str]:
        errors: dict[str, str] = {}
        if self.mine_negatives != "none" and self.num_negatives is None:
            errors["num_negatives"] = "Say how many are wanted for each relevant passage."
        if self.mine_from == CORPUS and not self.mines:
            errors["mine_from"] = "Needs mine_negatives or random_negatives."
        if self.range_max <= self.range_min:
            errors["range_max"] = "Must be above range_min."
        return errors
