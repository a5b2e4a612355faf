"""The tables of a card's evaluation: systems side by side, with intervals and their n."""

from collections.abc import Mapping
from typing import Any, Final

from models_app.cards.markup import Ready, code, inline, number, table
from models_app.figures import RANKING, system_named, system_title

AT_DEV: Final = (
    "accuracy_at_dev_threshold",
    "accuracy_dev_threshold",
    "f1_at_dev_threshold",
    "f1_dev_threshold",
    "precision_at_dev_threshold",
    "recall_at_dev_threshold",
    "average_precision",
)


def validation_view(validation: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the table of the stock binary evaluator needs; None where nothing was measured."""
    if not validation:
        return None
    rows = [(name, number(value)) for name, value in validation["metrics"]]
    primary = validation["primary"]
    shown = [
        (Ready(f"**{name}**"), Ready(f"**{value}**")) if name == primary else (name, value)
        for name, value in rows
    ]
    class_name = validation["class_name"].rsplit(".", 1)[-1]
    return {
        "title": inline(validation["description"]),
        "dataset": code(validation["dataset"]),
        "class_name": inline(class_name),
        "queries": validation["queries"],
        "pairs": validation["pairs"],
        "positives": validation["positives"],
        "table": table(("Metric", "Value"), shown),
    }


def first_stage_said(facts: Mapping[str, Any], split: Mapping[str, Any]) -> str:
    """Return whose order a split's first stage is and how much it ranked; plain text.

    Empty where that was not recorded, or where nothing was ranked.
    """
    ranked, pairs = split.get("ranked"), split["counts"]["pairs"]
    if not ranked:
        return ""
    named = (facts.get("first_stage") or {}).get("run")
    run = f"the run “{named}”" if named else "a run whose name was not recorded"
    if ranked == pairs:
        return f"The first stage is {run}, which ranked all {pairs:,} pairs."
    return (
        f"The first stage is {run}, which ranked {ranked:,} of the {pairs:,} pairs; the other "
        f"{pairs - ranked:,} are put after the ranked ones of their query, tied, and ties are "
        "ordered by a hash that knows no label."
    )


def split_view(
    split: Mapping[str, Any], validation: Mapping[str, Any] | None, first_stage: str
) -> dict[str, Any]:
    """What the section of one split needs: ranking, thresholds and differences."""
    counts = split["counts"]
    complete = counts["queries_with_relevant"] == counts["queries"]
    return {
        "name": code(_dataset(split, validation)),
        "title": inline(split["split"]),
        "counts": counts,
        "first_stage": inline(first_stage),
        "with_relevant": "all" if complete else counts["queries_with_relevant"],
        "ranked": any(
            row["system"] == "first_stage" and row["metric"] in AT_DEV for row in split["rows"]
        ),
        "ranking": _systems_table(split["rows"], RANKING),
        "thresholds": _systems_table(split["rows"], AT_DEV)
        if any(row["metric"] in AT_DEV[:1] for row in split["rows"])
        else None,
        "differences": _differences(split["differences"]),
        "notes": [inline(note) for note in split["notes"]],
    }


def _dataset(split: Mapping[str, Any], validation: Mapping[str, Any] | None) -> str:
    """The recipe may name the development split otherwise; it is the one validated on."""
    named = validation["dataset"] if validation and split["split"] == "dev" else split["split"]
    return str(named)


def _systems_table(rows: list[Mapping[str, Any]], metrics: tuple[str, ...]) -> Ready:
    systems = list(dict.fromkeys(row["system"] for row in rows))
    cells = {(row["system"], row["metric"]): row for row in rows}
    lines = []
    for metric in metrics:
        found = [cells.get((system, metric)) for system in systems]
        if any(found):
            n = next(row["n"] for row in found if row)
            lines.append([metric, *(_figure(row) for row in found), str(n)])
    headers = ["Metric", *(inline(system_title(name)) for name in systems), "n"]
    return table(headers, lines)


def _figure(row: Mapping[str, Any] | None) -> Ready:
    if row is None:
        return Ready("not measured")
    value = number(float(row["value"]))
    if row["low"] is None or row["high"] is None:
        return Ready(value)
    return Ready(f"{value} ({number(float(row['low']))} to {number(float(row['high']))})")


def _differences(rows: list[Mapping[str, Any]]) -> Ready | None:
    lines = [
        [
            row["metric"],
            system_named(row["against"]),
            _signed(row["delta"]),
            "none" if row["low"] is None else f"{_signed(row['low'])} to {_signed(row['high'])}",
            f"{row['p']:.4f}",
            str(row["n"]),
        ]
        for row in rows
        if row["system"] == "model"
    ]
    headers = ("Metric", "Against", "Difference", "95% interval", "p", "n")
    return table(headers, lines) if lines else None


def _signed(value: float) -> str:
    return f"{value:+.4f}"
