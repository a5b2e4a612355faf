"""The recipes of jobs that train to learn about labels: a learning curve, and a check of labels.

What they train is measured on queries that were held out, and thrown away: so there is no dev split
to look at on the way, no seed or setting to choose among, and no teacher of the labelled queries.
A silver stage knows none of these, and is what all trainings begin with.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

from training.spec.base import Spec, key
from training.spec.field import SpecField
from training.spec.train import TrainSpec

LEARNING: Final = "learning"
ALL: Final = "all"
_NONE_OF_IT: Final = frozenset(
    {
        "seeds",
        "eval_strategy",
        "eval_steps",
        "load_best_model_at_end",
        "metric_for_best_model",
        "early_stopping_patience",
        "validation_name",
        "sweep",
        "teacher",
        "teacher_weight",
        "mine_from",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutSpec(TrainSpec):
    """A recipe without what chooses on a dev split, and without a teacher of labelled queries."""

    @classmethod
    def described(cls) -> Iterator[SpecField]:
        """Yield the keys of its own first; what such a job cannot do is no key of it."""
        inherited = {item.name for item in fields(TrainSpec)}
        every = list(Spec.described.__func__(cls))  # type: ignore[attr-defined]
        yield from (each for each in every if each.name not in inherited)
        for each in every:
            if each.name in inherited and each.name not in _NONE_OF_IT:
                yield each

    def to_dict(self) -> dict[str, Any]:
        return {each.name: each.plain(getattr(self, each.name)) for each in self.described()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSpec(HeldOutSpec):
    """The spec of a learning curve. Build it from outside input with `from_dict` only."""

    sizes: int = key(
        "integer",
        4,
        "Sizes of the training set that are tried: all, half, a quarter and so on.",
        group="held out",
        minimum=3,
        maximum=8,
    )
    repeats: int = key(
        "integer",
        3,
        "How often all sizes are tried, each time with other queries held out and others drawn to "
        "learn from: chance and its spread.",
        group="held out",
        minimum=2,
        maximum=10,
    )
    folds: int = key(
        "integer",
        4,
        "One part in so many of the queries is held out each time; `repeats` at least.",
        group="held out",
        minimum=2,
        maximum=10,
    )
    gain: float = key(
        "number",
        0.02,
        "Rise of nDCG@10 that is wanted: the job says how many labels more it probably takes.",
        group="held out",
        minimum=0.001,
        maximum=0.5,
    )

    def conflicts(self) -> dict[str, str]:
        errors = TrainSpec.conflicts(self)
        if self.repeats > self.folds:
            errors["repeats"] = "Must be at most `folds`: each time other queries are held out."
        return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtSpec(HeldOutSpec):
    """The spec of a check of labels. Build it from outside input with `from_dict` only."""

    folds: int = key(
        "integer",
        5,
        "Parts of the queries; each is judged by a model that has learned from the others.",
        group="held out",
        minimum=2,
        maximum=20,
    )
    checked: str = key(
        "choice",
        LEARNING,
        "Whose labels are checked: those of train and dev (`learning`), or `all`. Where models say "
        "which labels of the test split are looked at again, it comes to favour such models.",
        group="held out",
        choices=(LEARNING, ALL),
    )
    most: int = key(
        "integer",
        200,
        "Doubts that are kept, the strongest ones.",
        group="held out",
        minimum=1,
        maximum=5000,
    )
