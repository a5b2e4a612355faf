"""The tables of a card's evaluation: systems side by side, with intervals and their n."""

from collections.abc import Mapping
from typing import Any, Final

from models_app.cards.markup import Ready, code, inline, number, table
from models_app.figures import RANKING, REFERENCES, system_named, system_title

AT_DEV: Final = (
    "accuracy_at_dev_threshold",
    "accuracy_dev_threshold",
    "f1_at_dev_threshold",
    "f1_dev_threshold",
    "precision_at_dev_threshold",
    "recall_at_dev_threshold",
    "average_precision",
)


def validation_view(evaluation: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the table of the stock binary evaluator needs; None where nothing was measured."""
    validation = evaluation.get("validation")
    if not validation:
        return None
    dev = next((s for s in evaluation.get("splits") or [] if s["split"] == "dev"), None)
    trivial = {
        row["metric"]: number(row["value"])
        for row in (dev["rows"] if dev else [])
        if row["system"] == "one_answer"
    }
    shown: list[list[str]] = []
    for name, value in validation["metrics"]:
        cells: list[str] = [name, number(value)]
        if name == validation["primary"]:
            cells = [Ready(f"**{cell}**") for cell in cells]
        shown.append([*cells, trivial.get(name, "")] if trivial else cells)
    class_name = validation["class_name"].rsplit(".", 1)[-1]
    headers = ("Metric", "Value", *([system_title("one_answer")] if trivial else []))
    return {
        "title": inline(validation["description"]),
        "dataset": code(validation["dataset"]),
        "renamed": validation["dataset"] != "dev",
        "class_name": inline(class_name),
        "queries": validation["queries"],
        "pairs": validation["pairs"],
        "positives": validation["positives"],
        "table": table(headers, shown),
        "chance": inline(chance_said(validation)) if trivial else None,
    }


def chance_said(counts: Mapping[str, Any]) -> str:
    """Return how many pairs are relevant, and what one answer for all is worth; plain text."""
    pairs, positives = counts["pairs"], counts["positives"]
    right = max(positives, pairs - positives) / pairs
    return (
        f"{positives / pairs:.1%} of the pairs are relevant: calling "
        f"{'none' if 2 * positives <= pairs else 'all'} of them relevant has an accuracy of "
        f"{number(right)}."
    )


def dev_name_of(facts: Mapping[str, Any]) -> str | None:
    """Return what the recipe calls the dev split in the training log; None where it is `dev`."""
    named = ((facts.get("evaluation") or {}).get("validation") or {}).get("dataset")
    return str(named) if named and named != "dev" else None


def first_stage_said(facts: Mapping[str, Any], split: Mapping[str, Any]) -> str:
    """Return whose order a split's first stage is and how much it ranked; plain text.

    Empty where that was not recorded, or where nothing was ranked.
    """
    ranked, pairs = split.get("ranked"), split["counts"]["pairs"]
    if not ranked:
        return ""
    named = (facts.get("first_stage") or {}).get("run")
    run = f"the run “{named}”" if named else "a run whose name was not recorded"
    tied, left = split.get("tied") or 0, pairs - ranked
    share = f"{ranked:,} of the {pairs:,} pairs" if left else f"all {pairs:,} pairs"
    parts = [f"The first stage is {run}, which ranked {share}"]
    if tied:
        parts.append(f"{tied:,} of these share rank and score with another of their query")
    if left:
        parts.append(f"the other {left:,} are put after the ranked ones of their query")
    if tied or left:
        parts.append("ties are ordered by a hash that knows no label")
    return f"{'; '.join(parts)}."


def split_view(split: Mapping[str, Any], first_stage: str) -> dict[str, Any]:
    """What the section of one split needs: ranking, thresholds and differences."""
    counts = split["counts"]
    complete = counts["queries_with_relevant"] == counts["queries"]
    return {
        "name": code(split["split"]),
        "title": inline(split["split"]),
        "counts": counts,
        "first_stage": inline(first_stage),
        "candidates": _candidates(split),
        "shuffles": split.get("shuffles"),
        "with_relevant": "all" if complete else counts["queries_with_relevant"],
        "ranked": any(
            row["system"] == "first_stage" and row["metric"] in AT_DEV for row in split["rows"]
        ),
        "ranking": _systems_table(split["rows"], RANKING),
        "thresholds": _systems_table(split["rows"], AT_DEV)
        if any(row["metric"] in AT_DEV[:1] for row in split["rows"])
        else None,
        "chance": inline(chance_said(counts)) if _has(split, "one_answer") else None,
        "differences": _differences(split["differences"]),
        "notes": [inline(note) for note in split["notes"]],
    }


def methods_view(methods: Mapping[str, Any] | None) -> list[Ready]:
    """Sentences on how baselines, intervals and tests came about; none where that is unknown."""
    if not methods:
        return []
    bm25, intervals, test = methods["bm25"], methods["intervals"], methods["paired_test"]
    return [
        Ready(
            f"BM25: the {inline(bm25['variant'].capitalize())} variant of bm25s with "
            f"k1 = {bm25['k1']} and b = {bm25['b']}. Its terms: {inline(bm25['terms'])}. Its "
            f"corpus is title and text of the {bm25['passages']:,} passages of all splits."
        ),
        inline(
            f"Intervals: {intervals['confidence']:.0%}, by a bootstrap over queries with "
            f"{intervals['samples']:,} resamples (seed {intervals['seed']}) and expanded "
            "percentiles (Hesterberg 2014, arXiv:1411.5279), which are wider than plain ones where "
            "queries are few. Thresholds stay as they are. There is none where resamples do not "
            "differ."
        ),
        inline(
            "Paired tests: two-sided randomisation tests of the mean difference per query, over "
            f"all patterns of signs where these are no more than {test['permutations']:,}, else "
            f"over that many random ones (seed {test['seed']}). Intervals of differences are "
            "bootstrapped as above. The verdict goes by the p of nDCG@10 on test, adjusted for all "
            "rivals (Holm 1979). The effect is the mean difference in units of the standard "
            "deviation of the differences (d_z, Cohen 1988)."
        ),
    ]


def _has(split: Mapping[str, Any], system: str = "model", metric: str = "") -> bool:
    return any(
        row["system"] == system and (not metric or row["metric"] == metric) for row in split["rows"]
    )


def _candidates(split: Mapping[str, Any]) -> str | None:
    """How long the lists are that were put in order: short ones leave little to win."""
    found = split.get("candidates")
    if not found:
        return None
    said = f"{found['mean']:g} on average, {found['min']} to {found['max']}"
    if found["min"] == found["max"]:
        said = str(found["max"])
    return said if found["max"] > 10 else f"{said}; so any order has the best possible Recall@10"


def _systems_table(rows: list[Mapping[str, Any]], metrics: tuple[str, ...]) -> Ready:
    systems = list(dict.fromkeys(row["system"] for row in rows if row["metric"] in metrics))
    cells = {(row["system"], row["metric"]): row for row in rows}
    lines = []
    for metric in metrics:
        found = [cells.get((system, metric)) for system in systems]
        if any(found):
            n = next(row["n"] for row in found if row)
            figures = (_figure(row, name) for row, name in zip(found, systems, strict=True))
            lines.append([metric, *figures, str(n)])
    headers = ["Metric", *(inline(system_title(name)) for name in systems), "n"]
    return table(headers, lines)


def _figure(row: Mapping[str, Any] | None, system: str) -> Ready:
    if row is None:
        return Ready("" if system in REFERENCES else "not measured")
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
            "" if row.get("p_holm") is None else f"{row['p_holm']:.4f}",
            "" if row.get("effect") is None else f"{row['effect']:+.2f}",
            str(row["n"]),
        ]
        for row in rows
        if row["system"] == "model"
    ]
    headers = ("Metric", "Against", "Difference", "95% interval", "p", "p, Holm", "Effect", "n")
    return table(headers, lines) if lines else None


def _signed(value: float) -> str:
    return f"{value:+.4f}"
