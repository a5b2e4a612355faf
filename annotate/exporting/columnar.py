"""Parquet, in row groups of a few megabytes."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from accounts.models import Project
from annotate.exporting.sink import Sink
from annotate.formats.exported import columns_of
from annotate.selectors.copying import copied, one_moment
from annotate.selectors.exports import cells

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_BYTES: Final = 8 << 20
_MARK: Final = b"\xef\xbb\xbf"
_TYPES: Final = {
    "label": "int8",
    "seconds": "double",
    "flagged": "bool",
    "passage_revision": "int32",
    "query_revision": "int32",
    "first_revision": "int32",
    "second_revision": "int32",
    "tie": "bool",
    "counted": "bool",
    "judged_at": "timestamp",
    "gain": "double",
    "target": "double",
    "people": "int32",
    "imported": "int32",
    "adjudicated": "bool",
}
# Columns of few distinct values; for all others a dictionary costs time and saves nothing.
_FEW: Final = (
    "query_id", "query", "kind", "action", "annotator", "source", "skip_reason", "preferred", "left"
)  # fmt: skip


def parquet(project: Project, what: str) -> Iterator[bytes]:
    """The same rows as CSV, typed, nothing neutralised; metadata and evidence are JSON texts."""
    import pyarrow as pa  # only who asks for it waits until it is loaded
    import pyarrow.parquet as pq

    sink, schema = Sink(), _schema(what)
    with (
        one_moment() as cursor,
        pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=_FEW) as writer,
    ):
        for block in copied(cursor, project, cells(what, neutral=False), block=_GROUP_BYTES):
            writer.write_table(_table(block, schema))
            yield sink.take()
        writer.close()
        yield sink.take()
    pa.default_memory_pool().release_unused()


def _schema(what: str) -> "pa.Schema":
    import pyarrow as pa

    types = {
        name: pa.timestamp("us", "UTC") if kind == "timestamp" else pa.type_for_alias(kind)
        for name, kind in _TYPES.items()
    }
    names = columns_of(what)
    return pa.schema([(name, types.get(name, pa.string())) for name in names])


def _table(block: bytes, schema: "pa.Schema") -> "pa.Table":
    """Parse CSV of PostgreSQL's: an empty cell is NULL, and one with quotes an empty text."""
    import pyarrow.csv as arrow_csv

    return arrow_csv.read_csv(
        # An id may begin with a byte-order mark, which is taken off where the input begins.
        io.BytesIO(_MARK + block),
        read_options=arrow_csv.ReadOptions(
            column_names=schema.names, block_size=len(block) + 16, use_threads=False
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
