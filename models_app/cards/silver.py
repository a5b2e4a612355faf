"""A card's section on the silver stage: what a base learned from a teacher before the labels."""

from collections.abc import Mapping
from typing import Any, Final

from models_app.cards.markup import duration, inline, number, table

_SYSTEMS: Final = {"before": "before", "after": "after", "teacher": "the teacher"}
_METRICS: Final = ("MRR@10", "nDCG@10", "rho")
_HEADINGS: Final = ("", "MRR@10", "nDCG@10", "Agreement with the teacher (rho)")


def silver_view(silver: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the section on a silver stage needs; None where there was none."""
    if not silver:
        return None
    queries, corpus, teacher = silver["queries"], silver["corpus"], silver["teacher"]
    of = "" if corpus["used"] == corpus["passages"] else f" of {corpus['passages']:,}"
    held = silver["held_out"]
    kinds = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(queries["kinds"].items()))
    cost = "kept from an earlier run, made" if silver["cached"] else "made"
    return {
        "corpus": f"{corpus['used']:,}{of} passages, digest {corpus['digest'][:12]}",
        "queries": inline(
            f"{queries['made']:,} made from them ({kinds}); {queries['trained']:,} trained on"
        ),
        "teacher": inline(
            f"{teacher['loaded']}, {_article(teacher['kind'])}, weights "
            f"{teacher['weights_sha256'][:12]}"
        ),
        "pairs": f"{silver['pairs']:,} in {silver['steps']:,} steps",
        "time": f"{cost} in {duration(silver['seconds'])}",
        "held_out": held["queries"],
        "passages": held["passages"],
        "table": table(_HEADINGS, [_row(held["rows"], system) for system in _SYSTEMS]),
    }


def _row(rows: list[Mapping[str, Any]], system: str) -> list[str]:
    own = {row["metric"]: row for row in rows if row["system"] == system}
    return [_SYSTEMS[system], *(_value(own.get(name)) for name in _METRICS)]


def _value(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    if row["low"] is None:
        return number(row["value"])
    return f"{number(row['value'])} ({number(row['low'])} to {number(row['high'])})"


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
