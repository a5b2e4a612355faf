"""Parquet, read batch by batch: a row is numbered from 1 as lines are elsewhere."""

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotate.formats.layout import Bound
from annotate.formats.lines import size
from annotate.formats.members import Member
from annotate.formats.records import MIB, BadValueError, FormatError, Item, Limits
from annotate.formats.tables import Choose, Opened, column_names, row_error
from annotate.formats.values import check_metadata, check_storable, kind

_BATCH_ROWS = 1024
# A batch that decodes to more than this becomes Python objects in halves.
_DECODED = 16 * MIB
# The footer is a table of contents; a larger one is forged.
_FOOTER_TEXT = 64 * MIB
_FOOTER_ITEMS = 1_000_000

Convert = Callable[[Any, str], Any]


def read_parquet(member: Member, choose: Choose, limits: Limits, start: int = 1) -> Opened:
    """Raises FormatError where the file is no Parquet, is damaged, or lacks a column.

    Rows before `start` are left out.
    """
    stream = member.seekable()
    try:
        file = _parquet_file(stream)
        names = column_names([field.name for field in file.schema_arrow])
        layout = choose(names)
        bound = layout.bind(names, range(len(names)), member.name)
    except BadValueError as error:
        stream.close()
        raise FormatError(error.message, field=error.field, member=member.name) from error
    except BaseException:
        stream.close()
        raise
    rows = _Rows(file, names, bound, member, limits, start)
    return Opened(layout.format, tuple(names), _closing(stream, rows.items()), rows.share)


def _closing(stream: IO[bytes], items: Iterator[Item]) -> Iterator[Item]:
    with stream:
        yield from items


def _parquet_file(stream: IO[bytes]) -> Any:
    options = {
        "buffer_size": MIB,  # pages are read as they are needed, not a row group at once
        "pre_buffer": False,
        "thrift_string_size_limit": _FOOTER_TEXT,
        "thrift_container_size_limit": _FOOTER_ITEMS,
    }
    with _arrow_told(None):
        columns = pq.ParquetFile(stream, **options).schema
        texts = [
            columns.column(at).path
            for at in range(len(columns))
            if columns.column(at).physical_type == "BYTE_ARRAY"
        ]
        stream.seek(0)
        # A long text repeated a million times is stored once; it has to stay so in memory.
        return pq.ParquetFile(stream, read_dictionary=texts, **options)


class _Rows:
    """The rows of a file from `start` on, numbered from 1 whatever was left out."""

    def __init__(
        self, file: Any, names: list[str], bound: Bound, member: Member, limits: Limits, start: int
    ) -> None:
        self._file = file
        self._names = names
        self._bound = bound
        self._member = member
        self._limits = limits
        self._start = start
        self._number = 0

    def share(self) -> float:
        """How much has been read, from 0 to 1."""
        return self._number / max(1, int(self._file.metadata.num_rows))

    def items(self) -> Iterator[Item]:
        make, member = self._bound.make, self._member.name
        for part in self._parts():
            with _arrow_told(self._number + 1):
                columns = [_values(part.column(at)) for at in range(part.num_columns)]
            converters = [_converter(field.type) for field in part.schema]
            steps = list(zip(self._names, converters, strict=True))
            for row in zip(*columns, strict=True):
                self._number = number = self._number + 1
                try:
                    cells = [
                        value if value is None or convert is None else convert(value, name)
                        for value, (name, convert) in zip(row, steps, strict=True)
                    ]
                    rows = make(number, cells)
                except BadValueError as error:
                    yield row_error(number, error, self._bound, member)
                    continue
                yield from rows

    def _parts(self) -> Iterator[Any]:
        """Batches small enough to become Python objects, each charged to the budget as decoded."""
        batches = self._batches()
        while True:
            with _arrow_told(self._number + 1):
                batch = next(batches, None)
            if batch is None:
                return
            waiting = [batch]
            while waiting:
                part = waiting.pop()
                if self._number + part.num_rows < self._start:
                    self._number += part.num_rows
                    continue
                # This also finds forged indices into a dictionary, before anything follows them.
                with _arrow_told(self._number + 1):
                    decoded = sum(_decoded_bytes(part.column(at)) for at in range(part.num_columns))
                half = part.num_rows // 2
                if half and decoded > _DECODED:
                    waiting += [part.slice(half), part.slice(0, half)]
                    continue
                if part.num_rows == 1 and decoded > self._limits.line_bytes:
                    message = f"the row is longer than {size(self._limits.line_bytes)}"
                    raise FormatError(message, line=self._number + 1)
                self._member.budget.charge(decoded)
                yield part

    def _batches(self) -> Iterator[Any]:
        """Batches from the row group on that holds the first row wanted."""
        described = self._file.metadata
        groups = range(described.num_row_groups)
        for group in groups:
            rows = described.row_group(group).num_rows
            if self._number + rows >= self._start:
                groups = groups[group:]
                break
            self._number += rows
        yield from self._file.iter_batches(
            batch_size=_BATCH_ROWS, row_groups=list(groups), use_threads=False
        )


def _decoded_bytes(array: Any) -> int:
    if pa.types.is_dictionary(array.type):
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        return int(pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _decoded_bytes(array.flatten())
    if pa.types.is_struct(array.type):
        return sum(_decoded_bytes(inner) for inner in array.flatten())
    if pa.types.is_map(array.type):
        return _decoded_bytes(array.keys) + _decoded_bytes(array.items)
    return int(array.nbytes)


def _values(array: Any) -> list[Any]:
    if pa.types.is_dictionary(array.type):
        # Bytes, so that a text that is not UTF-8 is an error of its own row.
        array = array.dictionary_decode().cast(pa.large_binary())
    values: list[Any] = array.to_pylist()
    return values


def _converter(type_: Any) -> Convert | None:
    if pa.types.is_integer(type_) or pa.types.is_boolean(type_) or pa.types.is_floating(type_):
        return None
    return _text if pa.types.is_dictionary(type_) else _plain


def _text(value: Any, field: str) -> str:
    if not isinstance(value, bytes):
        raise BadValueError(field, f"must be a text, not {kind(value)}")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise BadValueError(field, f"byte {error.start + 1} is not valid UTF-8") from error
    if "\0" in text:
        check_storable(text, field)
    return text


def _plain(value: Any, field: str) -> Any:
    """What JSON can hold of a nested or dated value."""
    found = _json(value, field)
    check_metadata(found, field)
    return found


def _json(value: Any, field: str) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return _text(value, field)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, dt.timedelta, uuid.UUID)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _json(inner, field) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner, field) for inner in value]
    raise BadValueError(field, f"a value of type {type(value).__name__} cannot be kept")


@contextmanager
def _arrow_told(row: int | None) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FormatError(f"the Parquet file cannot be read: {message}", line=row) from error
