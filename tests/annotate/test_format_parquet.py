"""Parquet is read in batches, with what JSON cannot hold told by row."""

import datetime as dt
import decimal
import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.formats import Limits, PairRow, open_rows
from tests.annotate.format_files import errors, failure, pairs, read, write, zipped


def table(**columns: object) -> pa.Table:
    return pa.table({"query": ["q", "r"], "passage": ["a", "b"], **columns})


def test_every_kind_of_value(tmp_path: Path) -> None:
    day = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
    found = table(
        label=[True, None], rank=pa.array([1, 2], pa.int8()), score=[0.5, None],
        passage_id=[7, 8], tags=[["x"], []], at=[day, day], price=[decimal.Decimal("1.50")] * 2,
        inner=[{"a": "b"}, None],
    )  # fmt: skip
    pq.write_table(found, tmp_path / "a.parquet")
    first, second = pairs(tmp_path / "a.parquet")
    assert (first.line, first.query, first.passage_id, first.label) == (1, "q", "7", 1)
    assert (first.rank, first.score) == (1, 0.5)
    assert first.metadata == {
        "tags": ["x"], "at": "2024-05-01T12:00:00+00:00", "price": "1.50", "inner": {"a": "b"},
    }  # fmt: skip
    assert (second.line, second.label, second.score) == (2, None, None)


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_packed_parquet(tmp_path: Path, pack: str) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    plain = (tmp_path / "a.parquet").read_bytes()
    packed = gzip.compress(plain) if pack == "gzip" else zipped({"a.parquet": plain})
    with open_rows(write(tmp_path, "b", packed)) as stream:
        assert stream.description == f"pairs in Parquet, {pack}"
        assert [row.query for row in stream if isinstance(row, PairRow)] == ["q", "r"]


def test_many_batches_and_row_groups(tmp_path: Path) -> None:
    count = 5000
    rows = pa.table({"query": [f"q{n}" for n in range(count)], "passage": ["p"] * count})
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=700)
    found = pairs(tmp_path / "a.parquet")
    assert [(row.line, row.query) for row in found] == [(n + 1, f"q{n}") for n in range(count)]


def test_bad_values_name_the_row(tmp_path: Path) -> None:
    found = pa.table(
        {
            "query": pa.array([b"q", b"\xff", b"a\0", b"q", b"", b"q"], pa.binary()),
            "passage": ["p"] * 6,
            "label": [1.0, 1.0, 1.0, float("nan"), 1.0, 7.0],
            "raw": [b"x", b"x", b"x", b"x", b"x", b"\xff"],
        }
    )
    pq.write_table(found, tmp_path / "a.parquet")
    found = errors(tmp_path / "a.parquet", grades=(0, 1))
    assert [(error.line, error.field) for error in found] == [
        (2, "query"), (3, "query"), (4, "label"), (5, "query"), (6, "raw")
    ]  # fmt: skip


def test_a_missing_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"query": ["q"]}), tmp_path / "a.parquet")
    error = failure(tmp_path / "a.parquet")
    assert (error.line, error.field) == (None, "passage")
    assert "“query”" in error.message


def test_columns_too_many_and_twice(tmp_path: Path) -> None:
    wide = {f"c{n}": ["x"] for n in range(1001)}
    pq.write_table(pa.table(wide), tmp_path / "a.parquet")
    assert "1001 columns; at most 1000" in failure(tmp_path / "a.parquet").message
    twice = pa.table([["q"], ["a"], ["b"]], names=["query", "passage", "passage"])
    pq.write_table(twice, tmp_path / "a.parquet")
    error = failure(tmp_path / "a.parquet")
    assert error.field == "passage"
    assert "more than once" in error.message


def test_a_truncated_file(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    error = failure(write(tmp_path, "b.parquet", whole[:-20]))
    assert error.field == "file"
    assert "Parquet file cannot be read" in error.message


def test_no_rows(tmp_path: Path) -> None:
    pq.write_table(table().slice(0, 0), tmp_path / "a.parquet")
    assert "no rows" in failure(tmp_path / "a.parquet").message


def test_a_format_that_it_is_not(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.csv")
    error = failure(tmp_path / "a.csv", format_name="csv")
    assert error.field == "format"
    assert "the file is Parquet, not csv" in error.message
    assert len(pairs(tmp_path / "a.csv")) == 2


DRAIN = """
import sys, tracemalloc
from pathlib import Path
import pyarrow
from annotate.formats import FormatError, Limits, open_rows
tracemalloc.start()
try:
    for _ in open_rows(Path(sys.argv[1]), limits=Limits(total_bytes=200_000_000)):
        pass
except FormatError as error:
    print(error.message)
print(tracemalloc.get_traced_memory()[1])
print(pyarrow.default_memory_pool().max_memory())
"""


@pytest.mark.parametrize("name", ["passage", "notes"])
def test_a_repeated_long_text_does_not_fill_the_memory(tmp_path: Path, name: str) -> None:
    count = 100_000  # 100 GB as Python sees it, some kB in the file
    text = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 1_000_000])
    lists = pa.ListArray.from_arrays(pa.array(range(count + 1), pa.int32()), text)
    columns = {"query": ["q"] * count, "passage": ["p"] * count}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({**columns, name: text if name == "passage" else lists}), path)
    assert path.stat().st_size < 1_000_000
    # A process of its own, since Arrow's high-water mark is the process's.
    ran = subprocess.run(
        [sys.executable, "-c", DRAIN, str(path)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    message, python_bytes, arrow_bytes = ran.stdout.splitlines()
    assert "unpacks to more than" in message
    assert int(python_bytes) < 100_000_000
    assert 0 < int(arrow_bytes) < 100_000_000


def test_a_row_too_long(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"query": ["q"], "passage": ["x" * 20_000]}), path)
    error = failure(path, limits=Limits(line_bytes=10_000))
    assert (error.line, error.field) == (1, "file")
    assert "longer than 10,000 bytes" in error.message
    assert len(read(path)) == 1
