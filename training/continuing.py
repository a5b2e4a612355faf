"""The checkpoint that a training left, as its row keeps it and its page shows it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """After `step` of `steps` optimiser steps, in the work folder on the machine `host`.

    Where a job trains several times, `trial` of `trials` is the one that was under way; `silver`
    says that it was the stage before training, on made-up queries.
    """

    step: int
    steps: int
    trial: int | None
    trials: int | None
    host: str
    silver: bool = False

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Checkpoint":
        """Read what `to_dict` gave."""
        return cls(**stored)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)

    def __str__(self) -> str:
        """Such as "step 120 of 400", or "step 30 of 100 of trial 2"."""
        words = f"step {self.step:,} of {self.steps:,}"
        if self.silver:
            return f"{words} of the silver stage"
        return words if self.trial is None else f"{words} of trial {self.trial} of {self.trials}"
