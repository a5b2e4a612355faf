"""How well one judge agrees with what is known, and with themselves. No Django in here."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KAPPA_LEAST: Final = 20  # pairs; of fewer, kappa says next to nothing
_Z: Final = 1.959963984540054  # the standard normal's 97.5% point


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` out of `n`, with Wilson's 95% interval; value, low and high are None where n is 0."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float | None:
        return self._bound(-1)

    @property
    def high(self) -> float | None:
        return self._bound(1)

    def _bound(self, sign: int) -> float | None:
        """Wilson 1927: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)."""
        if not self.n:
            return None
        p, n, z = self.hits / self.n, self.n, _Z
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return min(1.0, max(0.0, (p + z * z / (2 * n) + sign * spread) / (1 + z * z / n)))


def within(pairs: Mapping[tuple[int, int], int], steps: int) -> Share:
    """Return how many counted pairs of ranks are at most so many steps apart."""
    hits = sum(n for (one, other), n in pairs.items() if abs(one - other) <= steps)
    return Share(hits, sum(pairs.values()))


def quadratic_kappa(pairs: Mapping[tuple[int, int], int]) -> float | None:
    """Return Cohen's kappa with quadratic weights of counted pairs of ranks (Cohen 1968).

    None of fewer than KAPPA_LEAST pairs, and where both sides hold one and the same grade only.
    """
    total = sum(pairs.values())
    if total < KAPPA_LEAST:
        return None
    rows: dict[int, int] = {}
    columns: dict[int, int] = {}
    for (one, other), n in pairs.items():
        rows[one] = rows.get(one, 0) + n
        columns[other] = columns.get(other, 0) + n
    seen = sum(n * (one - other) ** 2 for (one, other), n in pairs.items())
    by_chance = sum(
        a * b * (one - other) ** 2 for one, a in rows.items() for other, b in columns.items()
    )
    return None if by_chance == 0 else 1 - seen * total / by_chance
