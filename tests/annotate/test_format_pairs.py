"""Pairs are read from JSONL, CSV and TSV, with common names recognised and others mapped."""

from pathlib import Path

import pytest

from annotate.formats import PairRow, open_rows
from tests.annotate.format_files import errors, failure, jsonl, pairs, write

FULL = {
    "query_id": "q1", "query": "How?", "passage_id": "p1", "title": "T", "passage": "So.",
    "label": 1, "rank": 3, "score": 2.5, "run": "bm25", "lang": "en",
}  # fmt: skip
EXPECTED = PairRow(
    1, "q1", "How?", "p1", "T", "So.", 1, 3, 2.5, "bm25", {"lang": "en"}, {}, {}
)  # fmt: skip


def test_jsonl_gives_every_field(tmp_path: Path) -> None:
    assert pairs(write(tmp_path, "a.jsonl", jsonl(FULL))) == [EXPECTED]


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_delimited_files_give_every_field(tmp_path: Path, name: str, delimiter: str) -> None:
    rows = [delimiter.join(FULL), delimiter.join(str(value) for value in FULL.values())]
    found = pairs(write(tmp_path, name, "\n".join(rows)))
    assert [row.line for row in found] == [2]
    assert [(row.query, row.passage, row.label, row.rank, row.score, row.run) for row in found] == [
        ("How?", "So.", 1, 3, 2.5, "bm25")
    ]
    assert found[0].metadata == {"lang": "en"}


def test_semicolons_are_said(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'query;passage\n"a, b, c";d\n')
    with open_rows(path) as stream:
        assert stream.description == "pairs between semicolons"
        assert stream.columns == ("query", "passage")
        assert [row.query for row in stream if isinstance(row, PairRow)] == ["a, b, c"]
        assert stream.rows_read == 1


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("sentence_0", "sentence_1"), ("sentence1", "sentence2"), ("sentence_1", "sentence_2"),
        ("question", "answer"), ("query", "text"), ("query", "candidate"), ("query", "document"),
        ("Query-Text", "Passage Text"), ("anchor", "content"),
    ],
)  # fmt: skip
def test_common_names_are_recognised(tmp_path: Path, query: str, passage: str) -> None:
    row = pairs(write(tmp_path, "a.jsonl", jsonl({query: "q", passage: "p", "label": 0})))[0]
    assert (row.query, row.passage, row.label, row.metadata) == ("q", "p", 0, {})


def test_common_id_names_are_recognised(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "qid,question,doc_id,document\n1,q,2,d\n")
    row = pairs(path)[0]
    assert (row.query_id, row.passage_id) == ("1", "2")


def test_a_mapping_names_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "frage,absatz,gut,art,ort\nq,p,1,kurz,Bonn\n")
    mapping = {
        "query": "frage", "passage": "absatz", "label": "gut", "query.kind": "art",
        "passage.place": "ort",
    }  # fmt: skip
    row = pairs(path, mapping=mapping)[0]
    assert (row.query, row.passage, row.label) == ("q", "p", 1)
    assert (row.metadata, row.query_metadata, row.passage_metadata) == (
        {}, {"kind": "kurz"}, {"place": "Bonn"},
    )  # fmt: skip


def test_a_field_mapped_to_nothing_is_metadata(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", jsonl({"query": "q", "passage": "p", "score": "high"}))
    assert errors(path)[0].field == "score"
    row = pairs(path, mapping={"score": None})[0]
    assert (row.score, row.metadata) == (None, {"score": "high"})


def test_a_mapping_to_a_missing_column_names_the_columns(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "a,b\n1,2\n"), mapping={"query": "c"})
    assert (error.line, error.field) == (1, "query")
    assert "“c”" in error.message
    assert "“a”, “b”" in error.message


def test_lines_may_leave_a_mapped_column_out(tmp_path: Path) -> None:
    rows = [{"query": "q", "text": "p"}, {"query": "q", "text": "r", "good": 1}]
    path = write(tmp_path, "a.jsonl", jsonl(*rows))
    assert [row.label for row in pairs(path, mapping={"label": "good"})] == [None, 1]
    error = failure(path, mapping={"label": "goood"})
    assert error.field == "label"
    assert "no line has the column" in error.message
    error = failure(path, mapping={"passage": "txt"})
    assert (error.line, error.field) == (1, "passage")
    assert "“txt”" in error.message


def test_a_mapping_of_an_unknown_field_lists_the_fields(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "a,b\n1,2\n"), mapping={"querry": "a"})
    assert error.field == "mapping"
    assert "passage_id" in error.message


def test_two_columns_for_one_field_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,document,text\nq,file.txt,p\n")
    error = failure(path)
    assert (error.line, error.field) == (1, "passage")
    assert "“document”, “text”" in error.message
    row = pairs(path, mapping={"passage": "text"})[0]
    assert (row.passage, row.metadata) == ("p", {"document": "file.txt"})


def test_dotted_columns_belong_to_the_query_or_the_passage(tmp_path: Path) -> None:
    found = {"query": "q", "passage": "p", "query.kind": "long", "passage.year": 2001, "x": [1]}
    row = pairs(write(tmp_path, "a.jsonl", jsonl(found)))[0]
    assert row.query_metadata == {"kind": "long"}
    assert row.passage_metadata == {"year": 2001}
    assert row.metadata == {"x": [1]}


def test_texts_are_verbatim_and_ids_are_trimmed(tmp_path: Path) -> None:
    found = {"query_id": " q1 ", "query": "  a\n", "passage_id": 7, "passage": "\tb\u2028 "}
    row = pairs(write(tmp_path, "a.jsonl", jsonl(found)))[0]
    assert (row.query_id, row.query) == ("q1", "  a\n")
    assert (row.passage_id, row.passage) == ("7", "\tb\u2028 ")


def test_quoted_newlines_keep_their_ends_and_lines_are_counted(tmp_path: Path) -> None:
    text = 'query,passage\r\n"a\r\nb","c ""d""\ne"\r\n\r\nf,g\r\n'
    first, second = pairs(write(tmp_path, "a.csv", text))
    assert (first.line, first.query, first.passage) == (2, "a\r\nb", 'c "d"\ne')
    assert (second.line, second.query) == (6, "f")


def test_plain_tsv_takes_quotes_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", 'query\tpassage\n"a\tb" c\n')
    assert pairs(path, format_name="tsv-plain")[0].query == '"a'


def test_rows_may_refer_by_id_alone(tmp_path: Path) -> None:
    row = pairs(write(tmp_path, "a.csv", "query_id,passage_id,label\nq1,p1,1\n"))[0]
    assert (row.query, row.passage, row.query_id, row.passage_id) == (None, None, "q1", "p1")


@pytest.mark.parametrize(
    ("raw", "grade"),
    [("1", 1), ("1.0", 1), ("true", 1), ("False", 0), (" 0 ", 0), ("", None), ("Relevant", 1)],
)
def test_labels_become_grades(tmp_path: Path, raw: str, grade: int | None) -> None:
    path = write(tmp_path, "a.csv", f"query,passage,label\nq,p,{raw}\n")
    row = pairs(path, grades=(0, 1), label_names={"relevant": 1})[0]
    assert row.label == grade
    assert not isinstance(row.label, float)


def test_json_labels_become_grades(tmp_path: Path) -> None:
    labels = [1, 1.0, True, False, "1", None, 0]
    rows = [{"query": "q", "passage": "p", "label": label} for label in labels]
    found = [row.label for row in pairs(write(tmp_path, "a.jsonl", jsonl(*rows)), grades=(0, 1))]
    assert found == [1, 1, 1, 0, 1, None, 0]
    assert {type(label) for label in found} == {int, type(None)}


def test_a_scheme_may_have_half_grades(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,passage,label\nq,p,0.5\n")
    assert pairs(path, grades=(0, 0.5, 1))[0].label == 0.5


def test_true_may_be_named_apart_from_one(tmp_path: Path) -> None:
    rows = [{"query": "q", "passage": "p", "label": label} for label in (True, 1, "TRUE")]
    found = pairs(write(tmp_path, "a.jsonl", jsonl(*rows)), label_names={"true": 3})
    assert [row.label for row in found] == [3, 1, 3]


def test_later_jsonl_lines_may_have_other_columns(tmp_path: Path) -> None:
    text = jsonl(
        {"query": "q", "passage": "p", "a": 1}, {"question": "r", "text": "s"}, {"query": "t"}
    )
    path = write(tmp_path, "a.jsonl", "\n" + text)
    good = [row for row in open_rows(path) if isinstance(row, PairRow)]
    assert [(row.line, row.query, row.passage) for row in good] == [(2, "q", "p"), (3, "r", "s")]
    (error,) = errors(path)
    assert (error.line, error.field) == (4, "passage")
    assert "“query”" in error.message
