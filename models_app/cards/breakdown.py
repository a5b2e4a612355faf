"""A card's sections on calibration and slices."""

from collections.abc import Mapping
from typing import Any

from models_app.breakdown import Reliability, SliceRow, calibration_of, slices_of
from models_app.cards.markup import Ready, inline, number, table
from models_app.figures import Figure


def calibration_view(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the section on calibration needs; None where none was stored."""
    found = calibration_of(facts)
    if found is None:
        return None
    rows = [
        [split.split, side.name.lower() if found.applied else "as they are", number(side.ece),
         number(side.brier), split.pairs, split.positives]
        for split in found.splits
        for side in split.sides
    ]  # fmt: skip
    return {
        "applied": found.applied,
        "said": inline(found.said),
        "table": table(("Split", "Scores", "ECE", "Brier", "Pairs", "Positives"), rows),
        "bins": [
            (inline(f"Reliability on {split.split}, published scores"), _bins(split))
            for split in found.splits
        ],
    }


def slices_view(facts: Mapping[str, Any]) -> list[tuple[Ready, Ready]]:
    """Title and table of each kind of slice; those of metadata only where texts may be shown."""
    return [
        (
            inline(found.title),
            table(
                ("Slice", "Queries", "Positives", "Pairs", *map(inline, found.systems)),
                [_slice(row) for row in found.rows],
            ),
        )
        for found in slices_of(facts, member=bool(facts.get("samples_allowed")))
    ]


def _bins(split: Reliability) -> Ready:
    rows = [
        [name, bins[-1].n, number(bins[-1].score), number(bins[-1].share)]
        for name, bins in split.rows
        if bins[-1].n
    ]
    return table(("Score", "Pairs", "Mean score", "Relevant share"), rows)


def _slice(row: SliceRow) -> list[object]:
    few = " (too few queries for an interval)" if row.few else ""
    few = few if row.queries else " (no test query is in it)"
    said = f": {row.said}" if row.said else ""
    return [f"{row.name}{said}{few}", row.queries, row.positives, row.pairs,
            *(_figure(figure) for figure in row.figures)]  # fmt: skip


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return "not measured"
    value = number(float(figure.value))
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({number(float(figure.low))} to {number(float(figure.high))})"
