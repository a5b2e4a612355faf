"""What the csv and json modules write is read back, and no bytes break more than the import."""

import csv
import gzip
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotate.formats import FORMATS, FormatError, Limits, PairRow, RowError, open_rows
from tests.annotate.format_files import jsonl, pairs, write, zipped

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
# A lone carriage return ends no line of ours, but the csv module quotes and keeps it.
FILLED = TEXTS.filter(lambda text: not text.isspace())
LABELS = st.sampled_from([0, 1, None])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXTS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
ROWS = st.lists(st.tuples(FILLED, FILLED, LABELS, JSON), min_size=1, max_size=8)
LIMITS = Limits(line_bytes=4096, total_bytes=1_000_000)


@settings(deadline=None)
@given(rows=ROWS, escaped=st.booleans(), packed=st.booleans())
def test_jsonl_round_trip(rows: list[Any], *, escaped: bool, packed: bool) -> None:
    text = "".join(
        json.dumps({"query": q, "passage": p, "label": grade, "x": x}, ensure_ascii=escaped) + "\n"
        for q, p, grade, x in rows
    )
    content = gzip.compress(text.encode()) if packed else text.encode()
    with tempfile.TemporaryDirectory() as folder:
        found = pairs(write(Path(folder), "a.jsonl", content), grades=(0, 1))
    assert [(r.query, r.passage, r.label, r.metadata["x"]) for r in found] == rows
    assert [row.line for row in found] == list(range(1, len(rows) + 1))


@settings(deadline=None)
@given(rows=ROWS, delimiter=st.sampled_from([",", ";", "\t"]), end=st.sampled_from(["\n", "\r\n"]))
def test_csv_round_trip(rows: list[Any], delimiter: str, end: str) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["query", "passage", "label"])
    writer.writerows(["" if cell is None else cell for cell in row[:3]] for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        name = "a.tsv" if delimiter == "\t" else "a.csv"
        found = pairs(write(Path(folder), name, target.getvalue()), grades=(0, 1))
    assert [(row.query, row.passage, row.label) for row in found] == [row[:3] for row in rows]
    lines = target.getvalue().split("\n")
    for row, line in zip(found, (row.line for row in found), strict=True):
        assert row.query is not None
        assert lines[line - 1].startswith('"' + row.query.replace('"', '""').split("\n")[0])


@settings(deadline=None, max_examples=30)
@given(rows=ROWS)
def test_parquet_round_trip(rows: list[Any]) -> None:
    queries, passages, labels, _ = zip(*rows, strict=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        table = {"query": queries, "passage": passages, "label": pa.array(labels, pa.int64())}
        pq.write_table(pa.table(table), path)
        found = pairs(path, grades=(0, 1))
    assert [(row.query, row.passage, row.label) for row in found] == [row[:3] for row in rows]


def consume(content: bytes, **options: Any) -> None:
    """Read any bytes: rows, row errors and FormatError are all that may come of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), "upload", content)
        with suppress(FormatError), open_rows(path, limits=LIMITS, **options) as stream:
            for item in stream:
                check(item)


def check(item: Any) -> None:
    if isinstance(item, RowError):
        assert item.line >= 1
        assert item.field
        assert item.message
        return
    texts = [item.query, item.passage] if isinstance(item, PairRow) else [item.text]
    for text in texts:
        if text is not None:
            text.encode()
            assert "\0" not in text
    stored = json.dumps(item.metadata, ensure_ascii=False, allow_nan=False)
    stored.encode()


SEEDS = [
    jsonl({"query": "q\ud83d\ude00", "passage": "p", "x": {"y": [1.5]}}).encode("utf-8", "replace"),
    b'query,passage,label\n"a\nb",c,1\n',
    b"query-id\tcorpus-id\tscore\n1\t2\t1\n",
    b"<top>\n<num> Number: 1\n<title> x\n</top>\n",
    b"1 Q0 d 1 0.5 r\n",
    b'{"query": "q", "positive_text": "\\u0000", "negative_texts": ["a", "\\ud800"]}\n',
    gzip.compress(b"query,passage\na,b\n"),
    zipped({"corpus.jsonl": '{"_id": 1, "text": "a"}\n', "queries.jsonl": '{"_id":1,"text":"a"}'}),
]


@settings(deadline=None, max_examples=200)
@given(
    content=st.binary(max_size=300), format_name=st.sampled_from(["auto", *FORMATS]),
    name=st.sampled_from(["a", "a.jsonl", "a.csv", "a.tsv", "a.gz"]),
)  # fmt: skip
def test_any_bytes(content: bytes, format_name: str, name: str) -> None:
    consume(content, format_name=format_name, name=name)


@settings(deadline=None, max_examples=500)
@given(
    seed=st.sampled_from(SEEDS), format_name=st.sampled_from(["auto", "auto", *FORMATS]),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=4),
    cut=st.integers(0, 400),
)  # fmt: skip
def test_nearly_right_bytes(
    seed: bytes, format_name: str, edits: list[tuple[int, bytes]], cut: int
) -> None:
    content = bytearray(seed)
    for at, replacement in edits:
        content[at % len(content) : at % len(content) + 1] = replacement or b"\0"
    consume(bytes(content[: cut or None]), format_name=format_name)


@settings(deadline=None, max_examples=200)
@example(edits=[(67, 2)])  # an index past the end of its dictionary
@given(edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
def test_nearly_right_parquet(edits: list[tuple[int, int]]) -> None:
    content = bytearray(PARQUET)
    for at, byte in edits:
        content[at % len(content)] = byte
    consume(bytes(content))


def _parquet() -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({"query": ["q", "r"], "passage": ["a", "b"], "x": [[1], []]}), target)
    return target.getvalue()


PARQUET = _parquet()


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_same_seed_in_every_format(format_name: str) -> None:
    for seed in [*SEEDS, PARQUET]:
        consume(seed, format_name=format_name)
