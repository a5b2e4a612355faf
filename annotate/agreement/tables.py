"""A measured agreement as the tables of its pages. Only orders and names; nothing is measured."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from annotate.agreement.figures import MEASURES, NAMES, NOMINAL
from annotate.agreement.meanings import MEANINGS

_LOW: Final = -0.5  # where the axis of a bar begins; it ends at 1 and is 200 units long
_LEVELS: Final = (0.2, 0.4, 0.6, 0.8)
JUDGES_MAX: Final = 20
"""The judges that the matrix shows: those who share the most candidates with others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A stored figure, as tables show it."""

    value: float | None
    low: float | None
    high: float | None
    units: int
    pairs: int
    judges: int
    queries: int
    why: str

    @property
    def bar(self) -> dict[str, float]:
        """Where value and interval lie on the axis; an interval that is not there is a point."""
        value = self.value or 0.0
        ends = {"at": value, "low": self.low, "high": self.high}
        return {name: _place(value if x is None else x) for name, x in ends.items()}

    @property
    def level(self) -> int:
        """How high it is, from 0 to 4, by which cells are coloured."""
        return sum((self.value or 0.0) >= level for level in _LEVELS)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure with its name and, where there is one, what it means."""

    name: str
    cell: Cell
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A slice with a cell per measure; without any where it is too small, as `why` says."""

    name: str
    units: int
    queries: int
    cells: Sequence[Cell]
    why: str


@dataclass(frozen=True, slots=True)
class Two:
    """Two judges, by key, with a cell per measure, and Kendall's tau where it was compared."""

    one: int
    other: int
    units: int
    cells: Sequence[Cell]
    tau: Cell | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Judges against judges under one measure: a row per judge, None on and off what is shared."""

    judges: Sequence[int]
    rows: Sequence[tuple[int, Sequence[tuple[int, Cell | None]]]]
    left_out: int


DEFAULT_MEASURE: Final = "alpha_ordinal"
# In wide tables the usual figure comes first.
_WIDE: Final = (DEFAULT_MEASURE, *(name for name in MEASURES if name != DEFAULT_MEASURE))
HEADS: Final = tuple(NAMES[name] for name in _WIDE)


def lines_of(figures: Mapping[str, Any]) -> list[Line]:
    """Return the measures of a whole, or of two judges, each with its meaning."""
    return [Line(NAMES[name], Cell(**figures[name]), MEANINGS[name]) for name in MEASURES]


def preference_lines(figures: Mapping[str, Any]) -> list[Line]:
    """Return the measures of preferences; none where there are none."""
    return [Line(NAMES[name], Cell(**figures[name])) for name in NOMINAL if name in figures]


def grade_lines(result: Mapping[str, Any], grades: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return the specific agreement of each grade, best first, and of the relevant ones."""
    pairs = list(zip(grades, result["grades"], strict=False))
    lines = [Line(f"{grade['value']} {grade['name']}", Cell(**found)) for grade, found in pairs]
    if result["relevant"]:
        lines.append(Line("Any relevant grade", Cell(**result["relevant"])))
    return lines[::-1]


def parts_of(slices: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Part]]]:
    """Return the slices by kind, in the order measured."""
    return [
        (kind, [_part(each) for each in group])
        for kind, group in groupby(slices, key=lambda each: str(each["kind"]))
    ]


def two_of(pair: Mapping[str, Any]) -> Two:
    """Return a pair of judges as a row."""
    tau = pair["rankings"] and Cell(**pair["rankings"]["tau"])
    cells = _cells(pair["figures"])
    return Two(pair["one"], pair["other"], cells[0].units, cells, tau or None)


def matrix_of(pairs: Sequence[Mapping[str, Any]], measure: str) -> Matrix:
    """Lay the pairs out as a symmetric matrix, judges with the most shared candidates first."""
    shared: dict[int, int] = {}
    found: dict[tuple[int, int], Cell] = {}
    for pair in pairs:
        cell = Cell(**pair["figures"][measure])
        for one, other in ((pair["one"], pair["other"]), (pair["other"], pair["one"])):
            shared[one] = shared.get(one, 0) + cell.units
            found[one, other] = cell
    order = sorted(shared, key=lambda judge: (-shared[judge], judge))
    judges = order[:JUDGES_MAX]
    rows = [(one, [(other, found.get((one, other))) for other in judges]) for one in judges]
    return Matrix(judges, rows, len(order) - len(judges))


def _part(found: Mapping[str, Any]) -> Part:
    cells = _cells(found["figures"]) if found["figures"] else []
    return Part(found["name"], found["units"], found["queries"], cells, found["why"])


def _cells(figures: Mapping[str, Any]) -> list[Cell]:
    return [Cell(**figures[name]) for name in _WIDE]


def _place(value: float) -> float:
    return round(200 * (min(1.0, max(_LOW, value)) - _LOW) / (1 - _LOW), 1)
