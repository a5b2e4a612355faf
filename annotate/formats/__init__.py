"""Streaming parsers of every import format: no Django, no database, flat memory.

`open_rows` gives the rows of a file one by one together with the errors of single rows; a file
that cannot be read raises FormatError. docs/formats.md describes the formats.
"""

from annotate.formats.detect import AUTO, FORMATS, GROUPS
from annotate.formats.records import (
    FormatError,
    Item,
    Limits,
    PairRow,
    PassageRow,
    Place,
    QueryRow,
    Row,
    RowError,
)
from annotate.formats.stream import RowStream, open_rows

__all__ = [
    "AUTO",
    "FORMATS",
    "GROUPS",
    "FormatError",
    "Item",
    "Limits",
    "PairRow",
    "PassageRow",
    "Place",
    "QueryRow",
    "Row",
    "RowError",
    "RowStream",
    "open_rows",
]
