"""Whether a row is of a size that pages and calls can show; the limits are those of every door."""

import json
from collections.abc import Mapping
from typing import Any

from annotate.formats.records import (
    METADATA_CHARACTERS,
    TEXT_CHARACTERS,
    TITLE_CHARACTERS,
    BadValueError,
    PairRow,
    QueryRow,
    Row,
)


def check_sizes(row: Row) -> None:
    """Raise BadValueError for a text, a title or metadata that is too long."""
    if isinstance(row, PairRow):
        _check("query", len(row.query or ""), TEXT_CHARACTERS)
        _check("passage", len(row.passage or ""), TEXT_CHARACTERS)
        _check("title", len(row.title), TITLE_CHARACTERS)
        for name in ("metadata", "query_metadata", "passage_metadata"):
            _check(name, metadata_characters(getattr(row, name)), METADATA_CHARACTERS)
        return
    _check("metadata", metadata_characters(row.metadata), METADATA_CHARACTERS)
    if isinstance(row, QueryRow):
        _check("query", len(row.text), TEXT_CHARACTERS)
    else:
        # A title without a text stands for one.
        _check("passage", len(row.text or row.title), TEXT_CHARACTERS)
        _check("title", len(row.title) if row.text else 0, TITLE_CHARACTERS)


def metadata_characters(metadata: Mapping[str, Any]) -> int:
    """Count the characters of metadata as JSON; those beyond ASCII count as one each."""
    return len(json.dumps(metadata, ensure_ascii=False)) if metadata else 0


def _check(field: str, size: int, most: int) -> None:
    if size > most:
        what = "characters as JSON" if field.endswith("metadata") else "characters"
        raise BadValueError(field, f"has {size:,} {what}; at most {most:,} are kept")
