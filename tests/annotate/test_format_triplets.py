"""Triplets become labelled pairs; their ids are kept as metadata."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.formats import open_rows
from tests.annotate.format_files import errors, failure, jsonl, pairs, write

TRIPLET = {
    "query": "q", "positive_text": "right", "positive_doc_id": "a.py:1-9",
    "negative_texts": ["wrong", "worse"], "negative_doc_ids": ["b.py:1", "c.py:2"], "source": "s",
}  # fmt: skip


def test_a_triplet_gives_a_pair_per_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", jsonl(TRIPLET))
    found = pairs(path)
    assert [(row.line, row.passage, row.label, row.passage_id) for row in found] == [
        (1, "right", 1, None), (1, "wrong", 0, None), (1, "worse", 0, None)
    ]  # fmt: skip
    assert [row.metadata for row in found] == [
        {"source": "s", "doc_id": name} for name in ("a.py:1-9", "b.py:1", "c.py:2")
    ]
    with open_rows(path) as stream:
        assert (stream.format, stream.description) == ("triplets", "triplets in JSON Lines")
        assert len(list(stream)) == stream.rows_read == 3


@pytest.mark.parametrize(
    "row",
    [
        {"anchor": "q", "positive": "a", "negative": "b"},
        {"query": "q", "pos": ["a"], "neg": ["b"]},
        {"query": "q", "answer": "a", "negative_1": "b"},
        {
            "query": "q", "positive_passages": [{"docid": "1", "title": "", "text": "a"}],
            "negative_passages": [{"docid": "2", "title": "", "text": "b"}],
        },
    ],
)  # fmt: skip
def test_other_names_of_triplets(tmp_path: Path, row: dict[str, object]) -> None:
    found = pairs(write(tmp_path, "a.jsonl", jsonl(row)))
    assert [(pair.query, pair.passage, pair.label) for pair in found] == [
        ("q", "a", 1), ("q", "b", 0)
    ]  # fmt: skip


def test_positives_alone_are_labelled(tmp_path: Path) -> None:
    (row,) = pairs(write(tmp_path, "a.csv", "anchor,positive\nq,p\n"))
    assert (row.query, row.passage, row.label) == ("q", "p", 1)


def test_a_labelled_positive_column_is_a_pair(tmp_path: Path) -> None:
    (row,) = pairs(write(tmp_path, "a.csv", "anchor,positive,label\nq,p,0\n"))
    assert (row.query, row.passage, row.label) == ("q", "p", 0)


def test_triplets_in_csv_and_parquet(tmp_path: Path) -> None:
    csv = write(tmp_path, "a.csv", "query,positive,negative_1,negative_2\nq,a,b,\n")
    assert [(row.passage, row.label) for row in pairs(csv)] == [("a", 1), ("b", 0)]
    pq.write_table(pa.table({k: [v] for k, v in TRIPLET.items()}), tmp_path / "a.parquet")
    found = pairs(tmp_path / "a.parquet")
    assert [row.passage for row in found] == ["right", "wrong", "worse"]
    assert found[2].metadata == {"source": "s", "doc_id": "c.py:2"}


def test_positives_get_the_highest_grade_and_negatives_the_lowest_or_those_named(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "a.jsonl", jsonl(TRIPLET))
    assert [row.label for row in pairs(path, grades=range(4))] == [3, 0, 0]
    assert [row.label for row in pairs(path, grades=(1, 2))] == [2, 1, 1]
    found = pairs(path, grades=range(4), label_names={"positive": 2, "negative": 1})
    assert [row.label for row in found] == [2, 1, 1]
    error = failure(path, grades=range(4), label_names={"positive": 7})
    assert error.field == "label"
    assert "positive" in error.message


def test_a_mapping_names_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", jsonl({"q": "q", "good": "a", "bad": ["b"]}))
    mapping = {"query": "q", "positive_text": "good", "negative_texts": "bad"}
    assert [row.label for row in pairs(path, mapping=mapping)] == [1, 0]


def test_bad_texts_say_which_of_the_list(tmp_path: Path) -> None:
    rows = [
        {**TRIPLET, "negative_texts": ["wrong", ""]},
        {**TRIPLET, "positive_text": None},
        {**TRIPLET, "negative_texts": {"a": 1}},
        {**TRIPLET, "negative_doc_ids": ["b.py:1"]},
        {**TRIPLET, "negative_texts": None, "negative_doc_ids": None},
    ]
    found = errors(write(tmp_path, "a.jsonl", jsonl(TRIPLET, *rows)))
    assert [(error.line, error.field) for error in found] == [
        (2, "negative_texts"), (3, "positive_text"), (4, "negative_texts"), (5, "negative_doc_ids")
    ]  # fmt: skip
    assert found[0].message == "text 2 of the list: the text is empty"
    assert found[3].message == "there are 1 ids for 2 texts"


def test_triplets_without_positives_are_refused(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.jsonl", jsonl({"query": "q", "negative_texts": ["a"]})))
    assert (error.line, error.field) == (1, "positive_text")
