"""What our own exports look like, so that an import knows one and stores what went out, no more.

`annotate.exporting` writes them; docs/formats.md describes them.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

# The pair's metadata in JSON Lines, apart from the columns that an export adds.
METADATA: Final = "metadata"
_PAIR: Final = ("query_id", "query", "passage_id", "title", "passage", "label")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "judgments": (
        *_PAIR, "kind", "action", "annotator", "source", "seconds", "comment", "flagged",
        "skip_reason", "evidence", "passage_revision", "judgment_id", "judged_at",
    ),
    "qrels": (*_PAIR, "gain", "target", "people", "imported", "adjudicated"),
}  # fmt: skip
_OURS: Final = frozenset(frozenset(columns) for columns in COLUMNS.values())
# Text that a spreadsheet would run as a formula, or that we neutralised by a leading apostrophe.
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r]")


def is_export(names: Collection[str]) -> bool:
    """Whether columns are all of those of an export of ours, with or without metadata."""
    return frozenset(names) - {METADATA} in _OURS


def neutralised(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet runs as a formula (OWASP, CSV injection)."""
    risky = text[:1] in ("=", "+", "-", "@", "\t", "\r") or _NEUTRALISED.match(text)
    return f"'{text}" if risky else text


def restored(text: str) -> str:
    """Undo `neutralised`."""
    return text[1:] if _NEUTRALISED.match(text) else text
