"""Rows of our own exports: what a row of pairs does not have, from the columns that we added."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from annotate.formats.columns import Cells, Key
from annotate.formats.exported import METADATA, restored
from annotate.formats.records import BadValueError, PairRow, Said
from annotate.formats.values import check_metadata, check_storable, kind, number_value, shown

# A label of another kind counts for nothing where it was given, and neither does it here.
_RESOLVED: Final = frozenset(("adjudication", "counted", "imported"))
_FLAGS: Final = {True: True, False: False, "true": True, "false": False}

Make = Callable[[int, Cells], Sequence[PairRow]]


def restoring(make: Make, keys: Sequence[Key]) -> Make:
    """Take off the apostrophes of a CSV of ours before `make` reads, and measures, its cells."""

    def make_restored(line: int, cells: Cells) -> Sequence[PairRow]:
        return make(line, {key: restored(cells[key]) for key in keys})

    return make_restored


def own_maker(make: Make, what: str, keys: Mapping[str, Key]) -> Make:
    """Add to the rows of `make` what an export of ours knows besides; `keys` are its columns."""
    metadata = [keys.get(name) for name in METADATA]

    def make_own(line: int, cells: Cells) -> tuple[PairRow]:
        (row,) = make(line, cells)
        found = [
            {} if key is None else _object(cells[key], name)
            for key, name in zip(metadata, METADATA, strict=True)
        ]
        label, said = row.label, None
        if what == "judgments":
            judgment = {name: cells[key] for name, key in keys.items()}
            label = label if judgment["kind"] in _RESOLVED else None
            said = None if label is None else _said(judgment, row.passage)
        return (
            replace(
                row,
                label=label,
                metadata=found[0],
                query_metadata=found[1],
                passage_metadata=found[2],
                said=said,
            ),
        )

    return make_own


def _said(judgment: Mapping[str, Any], passage: str | None) -> Said:
    annotator, source = (_text(judgment[name], name) for name in ("annotator", "source"))
    if not annotator and not source:
        raise BadValueError("source", "a judgment has an annotator or a source")
    seconds = number_value(judgment["seconds"], "seconds")
    if seconds is not None and seconds < 0:
        raise BadValueError("seconds", f"{seconds:g} is negative")
    flagged = judgment["flagged"]
    flagged = flagged.strip().lower() if isinstance(flagged, str) else flagged
    if flagged not in _FLAGS:
        raise BadValueError("flagged", f"{shown(flagged)} is neither true nor false")
    return Said(
        judgment_id=_uuid(judgment["judgment_id"]),
        annotator=annotator or None,
        source=source or None,
        adjudicated=judgment["kind"] == "adjudication",
        seconds=seconds,
        comment=_text(judgment["comment"], "comment"),
        flagged=_FLAGS[flagged],
        evidence=_evidence(judgment["evidence"], passage or ""),
        judged_at=_moment(judgment["judged_at"]),
    )


def _text(value: Any, field: str) -> str:
    if value is not None and type(value) is not str:
        raise BadValueError(field, f"must be a text, not {kind(value)}")
    check_storable(value or "", field)
    return value or ""


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadValueError("judgment_id", f"{shown(value)} is no UUID") from error


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise BadValueError("judged_at", f"{shown(value)} is no time as ISO 8601") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _json(value: Any, field: str) -> Any:
    """A value of JSON, or the text of one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except (ValueError, RecursionError) as error:
        raise BadValueError(field, "is not valid JSON") from error


def _object(value: Any, field: str) -> dict[str, Any]:
    found = _json(value, field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadValueError(field, f"must be an object, not {kind(found)}")
    check_metadata(found, field)
    return found


def _evidence(value: Any, passage: str) -> list[list[int]]:
    spans = _json(value, "evidence") or []
    valid = isinstance(spans, list) and all(
        isinstance(span, list)
        and len(span) == 2
        and all(type(end) is int for end in span)
        and 0 <= span[0] < span[1] <= len(passage)
        for span in spans
    )
    if not valid:
        message = f"spans are [start, end] with 0 <= start < end <= {len(passage)}"
        raise BadValueError("evidence", message)
    return list(spans)
