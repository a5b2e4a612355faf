"""How a version stands against what was there before it, in one sentence of measured figures."""

from collections.abc import Mapping
from typing import Any, Final

from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL, figure_of, row_word
from models_app.models import Version

# What a reranker is to beat, the one that matters most last.
RIVALS: Final[Mapping[str, str]] = {"bm25": "BM25", "first_stage": "first stage"}
WITH_ARTICLE: Final[Mapping[str, str]] = {"bm25": "BM25", "first_stage": "the first stage"}


def standing_of(version: Version) -> str:
    """Return the version's nDCG@10 on its test split beside BM25 and the first stage.

    Whether it leads is said by the paired test that was stored with it, as in its verdict.
    """
    own = figure_of(version.metrics, HEADLINE_SPLIT, MODEL, HEADLINE)
    if own is None:
        return "It was not measured on a test split."
    words = f"{HEADLINE} {own.value:.3f} on {own.n:,} test {'query' if own.n == 1 else 'queries'}"
    found = {name: figure_of(version.metrics, HEADLINE_SPLIT, name, HEADLINE) for name in RIVALS}
    rivals = {name: figure.value for name, figure in found.items() if figure is not None}
    if not rivals:
        return f"{words}."
    beside = ", ".join(f"{RIVALS[name]} {value:.3f}" for name, value in rivals.items())
    return f"{words}; {beside}: {_lead(version.facts, list(rivals)[-1])}."


def _lead(facts: Mapping[str, Any], rival: str) -> str:
    row, name = _difference(facts, rival), WITH_ARTICLE[rival]
    word = "undecided" if row is None else row_word(row)
    if row is None or word == "undecided":
        return f"not shown to differ from {name}"
    span = f"{abs(row['delta']):.3f}"
    if row["low"] is not None:
        low, high = sorted((row["low"], row["high"]), key=abs)
        span += f" (95% interval {abs(low):.3f} to {abs(high):.3f})" if low * high > 0 else ""
    return f"{word} than {name} by {span}"


def _difference(facts: Mapping[str, Any], rival: str) -> Mapping[str, Any] | None:
    """Return the stored paired difference, model minus rival."""
    splits = facts.get("evaluation", {}).get("splits", [])
    rows = (
        row for each in splits if each["split"] == HEADLINE_SPLIT for row in each["differences"]
    )
    wanted = (MODEL, rival, HEADLINE)
    found: Mapping[str, Any] | None = next(
        (row for row in rows if (row["system"], row["against"], row["metric"]) == wanted), None
    )
    return found
