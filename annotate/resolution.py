"""From the judgments on one candidate to one grade: pure functions.

Adjudication outranks people, and people outrank imported labels; within the rank that decides, the
policy does. Ties go to the lower grade, so that a disagreement never makes a passage relevant.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """A grade of the label scheme: value, gain, training target in [0, 1], counts as relevant."""

    value: int
    gain: float
    target: float
    relevant: bool


@dataclass(frozen=True, slots=True)
class Label:
    """One current judgment. `kind` is a judgment kind; labels come oldest first."""

    kind: str
    step: Step


@dataclass(frozen=True, slots=True)
class Qrel:
    """The resolved grade of a candidate, and how many labels of each rank it rests on."""

    grade: float
    gain: float
    target: float
    relevant: bool
    people: int
    imported: int
    adjudicated: bool


RANKS: Final = (("adjudication",), ("counted",), ("imported",))


def resolve(labels: Sequence[Label], policy: str) -> Qrel | None:
    """Resolve labels, oldest first, to one grade; None where no label is of a kind that counts."""
    for kinds in RANKS:
        deciding = [label.step for label in labels if label.kind in kinds]
        if deciding:
            grade, gain, target, relevant = POLICIES[policy](deciding)
            return Qrel(
                grade=grade,
                gain=gain,
                target=target,
                relevant=relevant,
                people=sum(label.kind == "counted" for label in labels),
                imported=sum(label.kind == "imported" for label in labels),
                adjudicated="adjudication" in kinds,
            )
    return None


Resolved = tuple[float, float, float, bool]


def _one(step: Step) -> Resolved:
    return float(step.value), step.gain, step.target, step.relevant


def _majority(steps: Sequence[Step]) -> Resolved:
    counts = Counter(steps)
    return _one(min(counts, key=lambda step: (-counts[step], step.value)))


def _latest(steps: Sequence[Step]) -> Resolved:
    return _one(steps[-1])


def _mean(steps: Sequence[Step]) -> Resolved:
    n = len(steps)
    votes = sum(step.relevant for step in steps)
    return (
        sum(step.value for step in steps) / n,
        sum(step.gain for step in steps) / n,
        sum(step.target for step in steps) / n,
        votes * 2 > n,
    )


POLICIES: Final[dict[str, Callable[[Sequence[Step]], Resolved]]] = {
    "majority": _majority,
    "mean": _mean,
    "latest": _latest,
}
