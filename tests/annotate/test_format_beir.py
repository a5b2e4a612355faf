"""BEIR data sets are read from folders and zips: queries, passages, then qrels by split."""

import gzip
from pathlib import Path

import pytest

from annotate.formats import PairRow, PassageRow, QueryRow, Row, RowError, open_rows
from tests.annotate.format_files import errors, failure, jsonl, read, write, zipped

FILES: dict[str, str | bytes] = {
    "corpus.jsonl": jsonl(
        {"_id": "d1", "title": "T", "text": "one", "metadata": {"url": "u"}},
        {"_id": "d2", "title": "Alone", "text": ""},
    ),
    "queries.jsonl": jsonl({"_id": "q1", "text": "which?", "metadata": {}, "kind": "short"}),
    "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
    "qrels/train.tsv": "query-id\tcorpus-id\tscore\nq1\td2\t0\n",
    "README.md": "not read",
}
EXPECTED: list[Row] = [
    QueryRow(1, "q1", "which?", {"kind": "short"}, "queries.jsonl"),
    PassageRow(1, "d1", "T", "one", {"url": "u"}, "corpus.jsonl"),
    PassageRow(2, "d2", "Alone", "", {}, "corpus.jsonl"),
    PairRow(
        2, "q1", None, "d1", "", None, 1, None, None, None, {"split": "test"}, {}, {},
        "qrels/test.tsv",
    ),
    PairRow(
        2, "q1", None, "d2", "", None, 0, None, None, None, {"split": "train"}, {}, {},
        "qrels/train.tsv",
    ),
]  # fmt: skip


def test_a_zip_is_read_like_its_folder(tmp_path: Path) -> None:
    with open_rows(write(tmp_path, "a.zip", zipped(FILES)), grades=(0, 1)) as stream:
        assert (stream.format, stream.description) == ("beir", "BEIR data set, zip")
        assert list(stream) == EXPECTED


def test_a_folder_with_gzipped_parts(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "qrels").mkdir(parents=True)
    for name, content in FILES.items():
        assert isinstance(content, str)
        write(folder, name, content)
    assert read(folder) == EXPECTED
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress((folder / "corpus.jsonl").read_bytes()))
    (folder / "corpus.jsonl").unlink()
    assert [item.line for item in read(folder)] == [1, 1, 2, 2, 2]


def test_a_data_set_below_a_folder(tmp_path: Path) -> None:
    files = {f"scifact/{name}": content for name, content in FILES.items()}
    found = read(write(tmp_path, "a.zip", zipped({**files, "__MACOSX/._x": "x"})))
    assert [item.member for item in found[:2]] == ["scifact/queries.jsonl", "scifact/corpus.jsonl"]


def test_errors_name_the_member(tmp_path: Path) -> None:
    files = {
        **FILES,
        "corpus.jsonl": jsonl({"_id": "d1", "text": "a"}, {"_id": "d2", "text": ""}),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t7\n",
    }
    found = errors(write(tmp_path, "a.zip", zipped(files)), grades=(0, 1))
    assert [(error.member, error.line, error.field) for error in found] == [
        ("corpus.jsonl", 2, "passage"),
        ("qrels/test.tsv", 3, "label"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        ("corpus.jsonl", jsonl({"id_": "d1", "text": "a"}), "id"),
        ("queries.jsonl", b'{"_id": "q1", "text": "\xff"}\n', "line"),
        ("qrels/test.tsv", "q1\td1\t1\n", "line"),
        ("qrels/test.tsv", "", "file"),
    ],
)
def test_failures_name_the_member(
    tmp_path: Path, name: str, content: str | bytes, field: str
) -> None:
    error = failure(write(tmp_path, "a.zip", zipped({**FILES, name: content})))
    assert (error.member, error.line, error.field) == (name, 1, field)


def test_a_folder_without_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write(tmp_path / "data", "notes.txt", "x")
    error = failure(tmp_path / "data", format_name="beir")
    assert "neither corpus.jsonl nor queries.jsonl" in error.message
    assert "notes.txt" in error.message


@pytest.mark.parametrize(
    ("name", "lacks", "kind"),
    [
        ("corpus.jsonl", "neither queries.jsonl nor qrels/*.tsv", "beir-corpus"),
        ("queries.jsonl", "neither corpus.jsonl nor qrels/*.tsv", "beir-queries"),
    ],
)
def test_one_file_is_no_data_set_but_is_read_by_itself(
    tmp_path: Path, name: str, lacks: str, kind: str
) -> None:
    path = write(tmp_path, "a.zip", zipped({name: FILES[name]}))
    error = failure(path, format_name="beir")
    assert lacks in error.message
    assert f"import {name} as {kind}" in error.message
    for format_name in ("auto", kind):
        with open_rows(path, format_name=format_name) as stream:
            assert stream.format == kind
            assert list(stream) == [item for item in EXPECTED if item.member == name]


@pytest.mark.parametrize("left_out", ["corpus.jsonl", "queries.jsonl", "qrels"])
def test_any_one_of_the_three_may_be_missing(tmp_path: Path, left_out: str) -> None:
    files = {name: FILES[name] for name in FILES if not name.startswith(left_out)}
    expected = [item for item in EXPECTED if not str(item.member).startswith(left_out)]
    for format_name in ("auto", "beir"):
        assert read(write(tmp_path, "a.zip", zipped(files)), format_name=format_name) == expected


@pytest.mark.parametrize(
    ("name", "format_name", "kind"),
    [
        ("corpus.jsonl", "beir-corpus", PassageRow),
        ("queries.jsonl", "beir-queries", QueryRow),
        ("qrels/test.tsv", "beir-qrels", PairRow),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_single_files(
    tmp_path: Path, name: str, format_name: str, kind: type, *, named: bool
) -> None:
    path = write(tmp_path, Path(name).name, FILES[name])
    with open_rows(path, format_name=format_name if named else "auto") as stream:
        assert stream.format == format_name
        assert {type(item) for item in stream} == {kind}


def test_beir_takes_no_mapping(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.zip", zipped(FILES)), mapping={"query": "text"})
    assert error.field == "mapping"


def test_a_data_set_of_errors_tells_a_hundred(tmp_path: Path) -> None:
    corpus = jsonl(*({"_id": n, "text": ""} for n in range(300)))
    found = read(write(tmp_path, "a.zip", zipped({**FILES, "corpus.jsonl": corpus})))
    assert sum(isinstance(item, RowError) for item in found) == 100
