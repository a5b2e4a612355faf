"""What was chosen for a model on a host, and what was measured on the way."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from training.ml.backends.fidelity import Fidelity


@dataclass(frozen=True, slots=True)
class Trial:
    """One backend that was tried: times torch, pairs/s, and why it is not used, if it is not.

    Nothing is measured where it failed, and no fidelity where a faster one was chosen.
    """

    backend: str
    factor: float | None = None
    rate: float | None = None
    fidelity: Fidelity | None = None
    refused: str = ""

    def line(self) -> str:
        """Say it in a few words."""
        speed = "" if self.factor is None else f" {self.factor:.1f} times torch"
        return f"{self.backend}{speed}{f' ({self.refused})' if self.refused else ''}"

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        fidelity = stored["fidelity"]
        return cls(**{**stored, "fidelity": fidelity and Fidelity.from_dict(fidelity)})


@dataclass(frozen=True, slots=True)
class Choice:
    """The backend that scores, why, and every trial; `remembered` if it was chosen before."""

    backend: str
    why: str
    trials: tuple[Trial, ...] = ()
    remembered: bool = False

    @property
    def trial(self) -> Trial | None:
        """That of the backend that scores; None for torch, and where nothing was tried."""
        return next((each for each in self.trials if each.backend == self.backend), None)

    def line(self) -> str:
        """Say in one line what was chosen and what was measured."""
        found = self.trial
        before = ", as on this host before" if self.remembered else ""
        if found is None or found.rate is None or found.fidelity is None:
            said = f"Scoring with {self.backend}{before}: {self.why}."
        else:
            said = (
                f"Scoring with {self.backend}{before}: {found.factor:.1f} times torch,"
                f" {found.rate:,.0f} pairs/s; {found.fidelity.line()}."
            )
        others = [each.line() for each in self.trials if each is not found]
        return f"{said} Tried: {'; '.join(others)}." if others else said

    def measured(self) -> dict[str, Any] | None:
        """Return speed and fidelity of the backend that scores; None where it is torch itself."""
        found = self.trial
        if found is None or found.fidelity is None:
            return None
        return {"factor": found.factor, "rate": found.rate, **found.fidelity.to_dict()}

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote, as something remembered."""
        trials = tuple(Trial.from_dict(each) for each in stored["trials"])
        return cls(stored["backend"], stored["why"], trials, remembered=True)
