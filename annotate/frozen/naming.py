"""What tells queries and grades apart in a snapshot, so that figures can be sliced by it. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final

_NAME: Final = 40  # characters of a value that names a class and is nobody's sentence
_KEYS: Final = 10


def agreed(grades: Sequence[float]) -> bool | None:
    """Say whether the people who judged a candidate gave one grade; None for fewer than two."""
    return len(set(grades)) == 1 if len(grades) > 1 else None


def named_by(metadata: str) -> dict[str, str] | None:
    """Return what a query's metadata (JSON) calls it: short values under short keys, as text.

    Lists, objects and sentences are left out, and all but the first ten keys. None for nothing.
    """
    if metadata == "{}":
        return None
    found = {key: _text(value) for key, value in sorted(_object(metadata).items())}
    named = {key: text for key, text in found.items() if text and len(key) <= _NAME}
    return dict(list(named.items())[:_KEYS]) or None


def _object(metadata: str) -> dict[str, Any]:
    held = json.loads(metadata)
    return held if isinstance(held, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value).strip() if isinstance(value, str | int) else ""
    return text if len(text) <= _NAME else ""
