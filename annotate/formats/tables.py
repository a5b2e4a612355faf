"""Readers of rows with named columns: JSON Lines, and CSV or TSV."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from annotate.formats.layout import Bound, Layout
from annotate.formats.lines import size
from annotate.formats.records import LINE, BadValueError, FormatError, Item, RowError
from annotate.formats.values import check_metadata, check_storable, kind

Lines = Iterator[tuple[int, str]]
# Picks the layout once the columns are known.
Choose = Callable[[Sequence[str]], Layout]

# More columns than this are no table of texts, and looking through them all would take long.
_MAX_COLUMNS = 1000
# JSONL lines with ever new keys must not fill the memory with bound layouts.
_KEPT_LAYOUTS = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose columns are known. `format` is None where the syntax alone names it.

    `share` says how much of it was read, where the bytes read so far do not.
    """

    format: str | None
    columns: tuple[str, ...]
    items: Iterator[Item]
    share: Callable[[], float] | None = None


def read_jsonl(lines: Lines, choose: Choose, member: str | None, *, start: int = 1) -> Opened:
    """One object a line; blank lines are skipped, columns may differ from line to line.

    Lines before `start` are known to be good; most of them are not even parsed.
    Raises FormatError where the first line is no object or has not the columns that are needed;
    later lines that are not give a RowError each.
    """
    first = next(((number, text) for number, text in lines if not text.isspace()), None)
    if first is None:
        raise FormatError("the file is empty", line=1, member=member)
    try:
        names = list(_object(first[1]))
        layout = choose(names)
        layout.bind(names, names, member)
    except BadValueError as error:
        hint = "" if error.field != LINE else "; the file has to hold one JSON object a line"
        raise FormatError(
            error.message + hint, line=first[0], field=error.field, member=member
        ) from error
    items = _objects(chain([first], lines), layout, member, start)
    return Opened(layout.format, tuple(names), items)


def _objects(lines: Lines, layout: Layout, member: str | None, start: int) -> Iterator[Item]:
    layouts: dict[tuple[str, ...], Bound] = {}
    for number, text in lines:
        # Until each mapped column has been seen, no line is left out: there has to be one.
        if text.isspace() or (number < start and not layout.unseen):
            continue
        bound = None
        try:
            row = _object(text)
            names = tuple(row)
            bound = layouts.get(names)
            if bound is None:
                if len(layouts) >= _KEPT_LAYOUTS:
                    layouts.clear()
                bound = layouts[names] = layout.bind(names, names, member)
            # Only an escape can bring U+0000 or half a surrogate pair into decoded UTF-8.
            if "\\u" in text:
                _check_escapes(text, row)
            rows = bound.make(number, row)
        except BadValueError as error:
            yield row_error(number, error, bound, member)
            continue
        yield from rows
    for field in sorted(layout.unseen or ()):
        raise FormatError(f"no line has the column {field} is mapped to", line=1, field=field)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_named_once)
    except json.JSONDecodeError as error:
        raise BadValueError(LINE, f"not valid JSON: {_fault(error)}") from error
    except ValueError as error:  # an integer of thousands of digits
        raise BadValueError(LINE, "not readable JSON: it has too large a number") from error
    except RecursionError as error:
        raise BadValueError(LINE, "not readable JSON: nested too deeply") from error
    if type(found) is not dict:
        raise BadValueError(LINE, f"must be a JSON object, not {kind(found)}")
    if len(found) > _MAX_COLUMNS:
        raise BadValueError(
            LINE, f"the object has {len(found)} keys; at most {_MAX_COLUMNS} are read"
        )
    return found


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; of a name that stands in it twice nobody knows which value is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise BadValueError(twice, "stands twice in one object; keep one of the two")
    return found


def _fault(error: json.JSONDecodeError) -> str:
    """What is wrong where in the line; the decoder's own column starts anew after its end."""
    if error.pos >= len(error.doc.rstrip()):
        return "the line ends too early"
    place = f"character {error.pos + 1}"
    if error.msg.startswith("Unterminated string"):
        return f"the line ends too early, within the text that starts at {place}"
    return f"{error.msg.removesuffix(' at').removesuffix(' starting')} at {place}"


def _check_escapes(text: str, row: dict[str, Any]) -> None:
    folded = text.lower()
    if "\\u0000" in folded or "\\ud" in folded:
        for name, value in row.items():
            check_storable(name, LINE)
            if not isinstance(value, float):
                check_metadata(value, name)


def row_error(line: int, error: BadValueError, bound: Bound | None, member: str | None) -> RowError:
    """The error of a row under our name of the field, with the file's own name where it differs."""
    origin = bound.origin if bound else {}
    if error.field in origin:
        field, column = origin[error.field], error.field
    else:
        field = error.field
        column = next((name for name, ours in origin.items() if ours == field), field)
    message = error.message if column == field else f"{error.message} (column “{column}”)"
    return RowError(line, field, message, member)


def read_delimited(
    lines: Lines,
    choose: Choose,
    member: str | None,
    *,
    delimiters: str,
    quoted: bool,
    record_bytes: int,
    start: int = 1,
) -> tuple[Opened, str]:
    """A header and rows as in RFC 4180; returns the delimiter too, the likelier of `delimiters`.

    `start` is the line that a row starts on; lines between the header and it are not parsed.
    `line` of a row is the physical line it starts on. Raises FormatError where the header lacks a
    column or a quote is never closed; a row with too many or too few fields gives a RowError.
    """
    # The csv module has one limit for the process; ours per import is kept by _records.
    csv.field_size_limit(max(csv.field_size_limit(), record_bytes))
    first = next(((number, text) for number, text in lines if not text.isspace()), None)
    if first is None:
        raise FormatError("the file is empty", line=1, member=member)
    delimiter = max(delimiters, key=first[1].count)
    source = _Records(chain([first], lines), record_bytes, delimiter, quoted=quoted)
    line, header = next(source)
    try:
        names = column_names(header)
        layout = choose(names)
        bound = layout.bind(names, range(len(names)), member)
    except BadValueError as error:
        hint = "" if "\t" not in first[1] or delimiter == "\t" else "; it has tabs: import as tsv"
        raise FormatError(
            error.message + hint, line=line, field=error.field, member=member
        ) from error
    source.skip_to(start)
    items = table_rows(source, len(names), bound, member)
    return Opened(layout.format, tuple(names), items), delimiter


def column_names(header: Sequence[str]) -> list[str]:
    """A table's column names, unnamed ones by number. Raises BadValueError: too many, or twice."""
    if len(header) > _MAX_COLUMNS:
        message = f"the table has {len(header)} columns; at most {_MAX_COLUMNS} are read"
        raise BadValueError(LINE, message)
    names = [name.strip() or f"column {at}" for at, name in enumerate(header, 1)]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise BadValueError(twice, f"the table names the column “{twice}” more than once")
    return names


def table_rows(
    records: Iterator[tuple[int, list[Any]]], width: int, bound: Bound, member: str | None
) -> Iterator[Item]:
    """Rows of a table whose columns are bound; a record has a value per column."""
    make = bound.make
    for line, cells in records:
        if len(cells) != width:
            if not cells:
                continue
            message = f"the row has {len(cells)} fields where the header has {width}"
            yield RowError(line, LINE, message, member)
            continue
        try:
            rows = make(line, cells)
        except BadValueError as error:
            yield row_error(line, error, bound, member)
            continue
        yield from rows


class _Records:
    """(line it starts on, fields) of each CSV record, however many lines its quotes span."""

    def __init__(self, lines: Lines, record_bytes: int, delimiter: str, *, quoted: bool) -> None:
        self._lines = lines
        self._limit = record_bytes
        self._start = 0
        self._held = 0
        self._skipped = 0
        self._reader = csv.reader(
            self._text(),
            delimiter=delimiter,
            quotechar='"' if quoted else None,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=True,
        )

    def skip_to(self, line: int) -> None:
        """Leave out the lines before the one that a record starts on."""
        self._skipped = line - 1

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        self._start = self._held = 0
        try:
            cells = next(self._reader)
        except csv.Error as error:
            raise self._fault(str(error)) from error
        return self._start, cells

    def _text(self) -> Iterator[str]:
        for number, text in self._lines:
            if number <= self._skipped:
                continue
            if not self._held:
                self._start = number
            self._held += len(text)
            if self._held > self._limit:
                raise self._fault("field larger than field limit")
            yield text

    def _fault(self, reason: str) -> FormatError:
        if "unexpected end of data" in reason:
            reason = "a quote is opened in the row that starts here and never closed"
        elif "field larger than field limit" in reason:
            reason = (
                f"the row that starts here is longer than {size(self._limit)};"
                " perhaps a quote is opened and never closed"
            )
        elif "expected after" in reason:
            reason = (
                'text follows a closing quote; a quote within a quoted field is written twice ("")'
            )
        elif "new-line character" in reason:
            reason = "a lone carriage return stands outside quotes; end lines with LF or CR LF"
        return FormatError(reason, line=self._start, field=LINE)
