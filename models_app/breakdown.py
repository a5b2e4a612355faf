"""Calibration and slices from a version's facts, for its page and its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from models_app.figures import MODEL, Figure, split_title, system_title

_MADE: Final = "made"
_KINDS: Final[Mapping[str, str]] = {
    _MADE: "Slices of the team",
    "query_length": "Length of the query",
    "labels": "Where the labels come from",
    "agreement": "Agreement of the judges",
}
_ABOUT: Final = "about:"
_SIDE: Final = 200  # units of a diagram


@dataclass(frozen=True, slots=True)
class BinRow:
    """The pairs that score from low to high, before or after: how many, mean score, share."""

    low: float
    high: float
    n: int
    positives: int
    score: float | None
    share: float | None

    @property
    def at(self) -> dict[str, float] | None:
        """Where it lies in a diagram of 200 by 200, score to the right and share upwards."""
        if self.score is None or self.share is None:
            return None
        return {"x": round(_SIDE * self.score, 1), "y": round(_SIDE * (1 - self.share), 1)}


@dataclass(frozen=True, slots=True)
class Side:
    """Reliability of one set of scores, as `training.ml.measures.calibration` measured it."""

    name: str
    ece: float
    brier: float
    bins: list[BinRow]

    @property
    def path(self) -> str:
        """The diagram's line through its bins."""
        points = [each.at for each in self.bins if each.at]
        return " ".join(f"{point['x']},{point['y']}" for point in points)


@dataclass(frozen=True, slots=True)
class Reliability:
    """One split: scores before, and after where they were calibrated."""

    split: str
    title: str
    pairs: int
    positives: int
    sides: list[Side]

    @property
    def rows(self) -> list[tuple[str, list[BinRow]]]:
        """The bins with pairs in them, a cell group for each side."""
        return [
            (f"{bins[0].low:.1f} to {bins[0].high:.1f}", list(bins))
            for bins in zip(*(side.bins for side in self.sides), strict=True)
            if any(each.n for each in bins)
        ]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted, or why nothing was, and what scores are worth as probabilities."""

    applied: bool
    reason: str
    scale: float
    shift: float
    splits: list[Reliability]

    @property
    def said(self) -> str:
        if not self.applied:
            return f"The scores were not calibrated: {self.reason}."
        return (
            f"A scale of {self.scale:.3f} and a shift of {self.shift:+.3f} of the logit were fitted"
            " on the dev split (Platt 1999) and are part of the weights: every client's scores are"
            " calibrated, and no order changes."
        )


@dataclass(frozen=True, slots=True)
class SliceRow:
    """A part of the test queries; a figure for each system of its table, None where unknown."""

    name: str
    queries: int
    pairs: int
    positives: int
    few: bool
    said: str
    figures: list[Figure | None]


@dataclass(frozen=True, slots=True)
class SliceTable:
    """One way to part the test queries. `own` says that it may quote the project's own words: it
    comes from the queries' metadata, or from what the team looks for in queries."""

    kind: str
    title: str
    own: bool
    systems: list[str]
    rows: list[SliceRow]


def calibration_of(facts: Mapping[str, Any]) -> Calibration | None:
    """Read the calibration of a version's facts, test first; None where none was stored."""
    stored = facts.get("calibration")
    if not stored:
        return None
    return Calibration(
        applied=stored["applied"],
        reason=stored["reason"] or "",
        scale=stored["scale"],
        shift=stored["shift"],
        splits=[_reliability(split) for split in reversed(stored["splits"])],
    )


def slices_of(facts: Mapping[str, Any], *, member: bool) -> list[SliceTable]:
    """Read the slices of a version's facts; those that may quote queries are for members."""
    found = [_table(each) for each in facts.get("slices") or []]
    return [table for table in found if member or not table.own]


def _reliability(split: Mapping[str, Any]) -> Reliability:
    named = (("Before", split["before"]), ("After", split["after"]))
    sides = [
        Side(name, side["ece"], side["brier"], [BinRow(**each) for each in side["bins"]])
        for name, side in named
        if side is not None
    ]
    title = split_title(split["split"])
    return Reliability(split["split"], title, split["pairs"], split["positives"], sides)


def _table(stored: Mapping[str, Any]) -> SliceTable:
    kind = stored["kind"]
    systems = list(dict.fromkeys(f["system"] for each in stored["slices"] for f in each["figures"]))
    systems.sort(key=lambda system: system != MODEL)  # a wide table is read from the left
    about = kind.startswith(_ABOUT)
    return SliceTable(
        kind=kind,
        title=f"“{kind.removeprefix(_ABOUT)}” of the query" if about else _KINDS.get(kind, kind),
        own=about or kind == _MADE,
        systems=[system_title(system) for system in systems],
        rows=[_row(each, systems) for each in stored["slices"]],
    )


def _row(stored: Mapping[str, Any], systems: list[str]) -> SliceRow:
    n = stored["queries"]
    figures = {
        each["system"]: Figure(each["value"], each["low"], each["high"], n)
        for each in stored["figures"]
    }
    return SliceRow(
        name=stored["name"],
        queries=n,
        pairs=stored["pairs"],
        positives=stored["positives"],
        few=n < 5,
        said=stored.get("said") or "",
        figures=[figures.get(system) for system in systems],
    )
