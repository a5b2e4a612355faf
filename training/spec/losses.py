"""The losses that a recipe may name: the data that each learns from, and what it is good for."""

from dataclasses import dataclass
from typing import Final, Literal

Shape = Literal["pointwise", "classes", "triplets", "margins", "lists"]
"""What a row of the training set is: a pair with a target; a pair with its grade as a class; a
query with a relevant passage and others; two passages of a query with the distance of their
targets; a query with several passages and their targets."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss under the name of sentence-transformers, the shape of its rows, and one line on it."""

    name: str
    shape: Shape
    help: str


LOSSES: Final = {
    loss.name: loss
    for loss in (
        Loss(
            "BinaryCrossEntropyLoss",
            "pointwise",
            "Each pair by itself, relevant or not, or in part: steady with few labels, and its "
            "scores mean something.",
        ),
        Loss(
            "CrossEntropyLoss",
            "classes",
            "Grades as classes without a distance between them: many labels, grades that people "
            "tell apart well.",
        ),
        Loss(
            "MultipleNegativesRankingLoss",
            "triplets",
            "A relevant passage before others of its query and of the batch: where nobody judged "
            "what is not relevant.",
        ),
        Loss(
            "CachedMultipleNegativesRankingLoss",
            "triplets",
            "The same with batches larger than memory, at a third more time.",
        ),
        Loss(
            "LambdaLoss",
            "lists",
            "The order of a query's passages, weighted by what nDCG makes of a swap: graded "
            "labels and several passages a query.",
        ),
        Loss(
            "ListNetLoss",
            "lists",
            "The shares that a query's passages should have of its attention: soft targets, such "
            "as divided votes.",
        ),
        Loss(
            "PListMLELoss",
            "lists",
            "The likelihood of the right order, its top first: graded labels, long lists.",
        ),
        Loss(
            "RankNetLoss",
            "lists",
            "Each better passage before each worse one, all pairs alike: preferences, and labels "
            "that say little about how much better.",
        ),
        Loss(
            "MSELoss",
            "pointwise",
            "The very scores of a teacher: a smaller model that should score as a larger one.",
        ),
        Loss(
            "MarginMSELoss",
            "margins",
            "The distances between a teacher's scores: a smaller model that should rank as a "
            "larger one.",
        ),
    )
}


# The one loss that `pos_weight` is known to.
WEIGHTED: Final = "BinaryCrossEntropyLoss"


@dataclass(frozen=True, slots=True)
class Choice:
    """The loss that a recipe without one gets for its data, and why."""

    name: str
    reason: str


def loss_choose(*, negatives: bool, teacher: bool) -> Choice:
    """Choose for data: whether there are passages that are not relevant, judged or mined, and
    whether a teacher scores.
    """
    if teacher:
        return Choice("MarginMSELoss", "A teacher was named: its distances are learned.")
    if not negatives:
        return Choice(
            "MultipleNegativesRankingLoss", "No training pair is known not to be relevant."
        )
    return Choice("BinaryCrossEntropyLoss", "It is the steadiest with judged pairs.")
