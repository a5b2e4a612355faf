"""Goals beside what was measured: each is printed, and one that was missed is the exit status."""

import sys
from dataclasses import dataclass, field


@dataclass
class Goals:
    """What was held against a goal so far."""

    missed: list[str] = field(default_factory=list)

    def least(self, name: str, value: float, goal: float, unit: str = "") -> None:
        """Hold a figure against the least that it is to be."""
        self._tell(name, value, f"at least {goal:g}{unit}", unit, met=value >= goal)

    def most(self, name: str, value: float, goal: float, unit: str = "") -> None:
        """Hold a figure against the most that it may be."""
        self._tell(name, value, f"at most {goal:g}{unit}", unit, met=value <= goal)

    def end(self) -> None:
        """Leave with status 1 where a goal was missed."""
        if self.missed:
            sys.exit(f"missed: {', '.join(self.missed)}")

    def _tell(self, name: str, value: float, goal: str, unit: str, *, met: bool) -> None:
        print(f"goal: {name} {value:.3g}{unit}, {goal}: {'met' if met else 'MISSED'}", flush=True)
        if not met:
            self.missed.append(name)
