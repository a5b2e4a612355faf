"""What the import formats give: rows, errors of single rows, the failure of a whole file."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from annotate.formats.exported import OF_EXPORTS

MIB = 1024 * 1024

# `field` of an error that concerns no single field: a line that cannot be split, or the whole file.
LINE = "line"
FILE = "file"


# What a row may hold, by whichever door it comes; metadata in characters of its JSON. A page and a
# call show many rows at once.
TEXT_CHARACTERS: Final = 1_000_000
TITLE_CHARACTERS: Final = 2_000
ID_CHARACTERS: Final = 512
METADATA_CHARACTERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one import may ask of the machine; sizes are in bytes after decompression.

    `line_bytes` bounds a line, a CSV record with its quoted newlines, and a Parquet value;
    `total_bytes` all that is unpacked from one file; `errors` how many are told apart, the rest
    being counted; `members` the entries of an archive; `id_chars` ids and run names, which are
    indexed (a PostgreSQL index entry holds at most 2704 bytes: 512 characters of four bytes fit).
    `scratch` is the folder for what must be unpacked to be read, the system's own unless given.
    """

    line_bytes: int = 16 * MIB
    total_bytes: int = 20 * 1024 * MIB  # IMPORT_MAX_BYTES, unless it says otherwise
    errors: int = 100
    members: int = 10_000
    id_chars: int = ID_CHARACTERS
    scratch: Path | None = None


@dataclass(frozen=True, slots=True)
class QueryRow:
    """A query by itself. `line` is the 1-based physical line (Parquet: row) it starts on."""

    line: int
    query_id: str
    text: str
    metadata: dict[str, Any]
    member: str | None = None


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage by itself. `title` is empty where there is none; `text` only where a title is."""

    line: int
    passage_id: str
    title: str
    text: str
    metadata: dict[str, Any]
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What an export of ours knows of a judgment besides its label.

    One of `annotator` and `source` is given; `evidence` holds [start, end) offsets into the
    passage.
    """

    judgment_id: UUID
    annotator: str | None
    source: str | None
    adjudicated: bool
    seconds: float | None
    comment: str
    flagged: bool
    evidence: list[list[int]]
    judged_at: datetime

    @property
    def author(self) -> str:
        """The source that this is a label of: what a person said is one of their own."""
        if self.source is not None:
            return self.source
        return f"{self.annotator}{OF_EXPORTS[self.adjudicated]}"


@dataclass(frozen=True, slots=True)
class PairRow:
    """A query and a passage, each by its text, its id, or both; at least one of the two is given.

    `label` is the grade as the file has it, checked against the grades the caller allows; `rank`
    counts as the file does; `run` names what proposed the passage. `title` is empty where the file
    has none. `metadata` belongs to the pair; `query_metadata` and `passage_metadata` hold columns
    that were named or mapped `query.X` and `passage.X`.
    """

    line: int
    query_id: str | None
    query: str | None
    passage_id: str | None
    title: str
    passage: str | None
    label: int | float | None
    rank: int | None
    score: float | None
    run: str | None
    metadata: dict[str, Any]
    query_metadata: dict[str, Any]
    passage_metadata: dict[str, Any]
    member: str | None = None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that cannot be imported. `field` is our name of it, or `line`."""

    line: int
    field: str
    message: str
    member: str | None = None


class Place(NamedTuple):
    """Where a row starts: its file within a folder or zip, and its line there."""

    member: str | None
    line: int


Row = QueryRow | PassageRow | PairRow
Item = Row | RowError


class BadValueError(Exception):
    """A value of one row is wrong; the reader turns it into a RowError and goes on."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class FormatError(Exception):
    """The file cannot be read (further): not what it claims to be, damaged, or over a limit.

    `line` is None where no line is at fault; `field` is `file`, `line`, or the missing column.
    """

    def __init__(
        self, message: str, *, line: int | None = None, field: str = FILE, member: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.field = field
        self.member = member

    def located(self, *, line: int | None = None, member: str | None = None) -> Self:
        """The same error with what it did not know yet."""
        self.line = line if self.line is None else self.line
        self.member = member if self.member is None else self.member
        return self

    def __str__(self) -> str:
        where = [self.member] if self.member else []
        if self.line is not None:
            where.append(f"line {self.line}")
        return f"{', '.join(where)}: {self.message}" if where else self.message
