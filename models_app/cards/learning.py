"""A card's sections on what was learned from, and on the trainings that were chosen between."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from models_app.cards.markup import Ready, duration, inline, number, table

_ORIGINS: Final = {
    "relevant": "judged relevant",
    "judged_not_relevant": "judged not relevant",
    "mined_bm25": "found by BM25, not judged",
    "mined_bi-encoder": "found by the bi-encoder, not judged",
    "random": "drawn at random, not judged",
}
_FIGURES: Final = {
    "ndcg@10": "nDCG@10",
    "mrr@10": "MRR@10",
    "average_precision": "Average precision",
}


def training_set_view(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the section on the training set needs; None where it was not recorded."""
    if not found or "pairs" not in found:
        return None
    parts = [f"{found[key]:,} {words}" for key, words in _ORIGINS.items() if found.get(key)]
    left = [f"{found['judged_left_out']:,} judged pairs"] if found.get("judged_left_out") else []
    left += [
        f"{found[key]:,} {words}"
        for key, words in (
            ("judged_in_no_row", "judged pairs that no row holds, for want of room in it"),
            ("too_close", "unjudged passages that are as close to a query as its relevant ones"),
            ("alike", "copies of what was judged"),
        )
        if found.get(key)
    ]
    left += [f"{n:,} queries: {why}" for why, n in sorted(found["queries_left_out"].items())]
    return {
        "loss": inline(f"{found['loss']}. {found['reason']}"),
        "pairs": inline(f"{found['pairs']:,} of {found['queries']:,} queries: {', '.join(parts)}"),
        "rows": inline(f"{found['rows']:,} ({found['shape']})"),
        "left_out": inline("; ".join(left)) if left else None,
    }


def trials_view(trials: Sequence[Mapping[str, Any]] | None) -> dict[str, Any] | None:
    """What the section on several trainings needs; None where there was one."""
    if not trials or len(trials) < 2:
        return None
    keys = list(dict.fromkeys(key for each in trials for key, _ in each["changes"]))
    names = [
        (name, title)
        for name, title in _FIGURES.items()
        if any(_figure(each, name) is not None for each in trials)
    ]
    headings = ["Trial", *keys, *(f"{title} on dev" for _, title in names), "Time"]
    return {
        "count": len(trials),
        "table": table([inline(each) for each in headings], [_row(t, keys, names) for t in trials]),
    }


def _row(
    trial: Mapping[str, Any], keys: Sequence[str], names: Sequence[tuple[str, str]]
) -> list[Ready]:
    changes = dict(trial["changes"])
    figures = [_figure(trial, name) for name, _ in names]
    cells = [
        str(trial["number"]),
        *(_setting(changes[key]) if key in changes else "-" for key in keys),
        *("failed" if trial.get("failed") else _value(figure) for figure in figures),
        duration(trial["seconds"]),
    ]
    if trial["chosen"]:
        return [Ready(f"**{inline(cell)}**") for cell in cells]
    return [inline(cell) for cell in cells]


def _figure(trial: Mapping[str, Any], name: str) -> float | None:
    """A figure of the dev split; its name begins with what the recipe calls that."""
    for key, value in trial["values"]:
        if key.endswith(f"_{name}"):
            return float(value)
    return None


def _value(figure: float | None) -> str:
    return "-" if figure is None else number(figure)


def _setting(value: Any) -> str:
    return "not set" if value is None else str(value)
