"""`auto` tells the formats apart by name and content and says what it found."""

from pathlib import Path

import pytest

from annotate.formats import FORMATS, open_rows
from tests.annotate.format_files import failure, jsonl, write

PAIR = jsonl({"query": "q", "passage": "p"})
SAMPLES = [
    ("a.jsonl", PAIR, "jsonl"),
    ("upload", PAIR, "jsonl"),
    ("a.txt", PAIR, "jsonl"),
    ("a.csv", "query,passage\nq,p\n", "csv"),
    ("upload", "query;passage\nq;p\n", "csv"),
    ("a.tsv", "query\tpassage\nq\tp\n", "tsv"),
    ("upload", '"query"\t"passage"\nq\tp\n', "tsv"),
    ("upload", jsonl({"query": "q", "positive_text": "a", "negative_texts": []}), "triplets"),
    ("upload", "anchor\tpositive\tnegative\na\tb\tc\n", "triplets"),
    ("corpus.jsonl", jsonl({"_id": "1", "text": "a"}), "beir-corpus"),
    ("upload", jsonl({"_id": "1", "title": "", "text": "a"}), "beir-corpus"),
    ("queries.jsonl", jsonl({"_id": "1", "text": "a"}), "beir-queries"),
    ("test.tsv", "query-id\tcorpus-id\tscore\n1\t2\t1\n", "beir-qrels"),
    ("a.xml", "<top><num>1<title>x</top>\n", "trec-topics"),
    ("topics.tsv", "1\tx y z 5\n", "trec-topics"),
    ("a.run", "1 Q0 d 1 0.5 r\n", "trec-run"),
    ("a.tsv", "1\tQ0\td\t1\t0.5\tr\n", "trec-run"),
    ("upload", "1 0 d 1\n", "trec-qrels"),
    ("a.tsv", "1\t0\td\t1\n", "trec-qrels"),
]


@pytest.mark.parametrize(("name", "content", "expected"), SAMPLES)
def test_formats_are_told_apart(tmp_path: Path, name: str, content: str, expected: str) -> None:
    path = write(tmp_path, "stored", content)
    with open_rows(path, name=name) as stream:
        assert stream.format == expected
        assert stream.description
        assert list(stream)


def test_every_text_format_is_sampled() -> None:
    assert {expected for *_, expected in SAMPLES} == set(FORMATS) - {"beir", "parquet", "tsv-plain"}


def test_a_named_format_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "corpus.jsonl", jsonl({"_id": "1", "title": "q", "text": "a"}))
    with open_rows(path, format_name="jsonl", mapping={"query": "title"}) as stream:
        assert stream.format == "jsonl"
        assert stream.columns == ("_id", "title", "text")


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "upload", "just words\n"))
    assert error.field == "file"
    assert "cannot be told" in error.message


def test_a_json_array_is_explained(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.json", '[{"query": "q", "passage": "p"}]'))
    assert (error.line, error.field) == (1, "line")
    assert "one JSON object a line" in error.message
