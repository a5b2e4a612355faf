"""What is told of a query besides its text: what came with it, in the order in which it helps."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# The fields of a TREC topic that say what is asked for and what counts as an answer.
TELLING: Final = ("description", "narrative")
_LONG: Final = 600  # characters beyond which it would push the passage away; as in view.js


@dataclass(frozen=True, slots=True)
class About:
    """(name, text) rows; `opened` says that they are worth their room from the start."""

    rows: list[tuple[str, str]]
    opened: bool


def query_about(metadata: Mapping[str, Any]) -> About:
    """Return a query's metadata with its description and narrative first."""
    ranked = sorted(metadata.items(), key=lambda row: _rank(row[0]))
    rows = [(name, _text(value)) for name, value in ranked]
    telling = any(_rank(name) < len(TELLING) for name, _ in rows)
    return About(rows, opened=telling and sum(len(text) for _, text in rows) <= _LONG)


def _rank(name: str) -> int:
    lowered = name.lower()
    return TELLING.index(lowered) if lowered in TELLING else len(TELLING)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
