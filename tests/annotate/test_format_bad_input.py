"""Bad input is told with line, field and a message that helps; reading goes on where it can."""

import gzip
import json
import random
from pathlib import Path

import pytest

from annotate.formats import Limits, PairRow, RowError, open_rows
from tests.annotate.format_files import drained, errors, failure, jsonl, pairs, read, write

GOOD = {"query": "q", "passage": "p", "label": 1}


def test_a_truncated_gzip_is_named_as_cut_off(tmp_path: Path) -> None:
    noise = random.Random(0)
    rows = jsonl(*({**GOOD, "n": n, "noise": noise.random()} for n in range(50_000)))
    packed = gzip.compress(rows.encode())
    error = failure(write(tmp_path, "a.jsonl.gz", packed[: len(packed) // 2]))
    assert error.line is not None
    assert error.line > 1000
    assert error.field == "file"
    assert "truncated" in error.message


def test_gzip_truncated_in_its_first_bytes(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.jsonl.gz", gzip.compress(jsonl(GOOD).encode())[:11]))
    assert error.field == "file"
    assert "truncated" in error.message


def test_damaged_gzip(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(jsonl(GOOD).encode() * 1000))
    packed[-6] ^= 0xFF  # its checksum
    error = failure(write(tmp_path, "a.jsonl.gz", bytes(packed)))
    assert error.field == "file"
    assert "damaged" in error.message


def test_bad_utf8_names_line_and_byte(tmp_path: Path) -> None:
    first = jsonl(GOOD).encode()
    second = b'{"query": "caf\xe9", "passage": "p"}\n'
    error = failure(write(tmp_path, "a.jsonl", first + second))
    assert (error.line, error.field) == (2, "line")
    assert "byte 15 of the line" in error.message
    assert f"byte {len(first) + 15} of the file" in error.message
    assert "0xe9" in error.message
    assert "UTF-8" in error.message


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv"])
def test_a_line_of_100_mb_is_never_held(tmp_path: Path, name: str) -> None:
    start = {"a.jsonl": jsonl(GOOD), "a.csv": "query,passage\nq,p\n"}.get(name)
    path = write(tmp_path, name, start or "query\tpassage\nq\tp\n")
    with path.open("ab") as target:
        target.writelines([b"x" * 1_000_000] * 100)
    error, held = drained(path)
    assert (error.line, error.field) == (2 if name == "a.jsonl" else 3, "line")
    assert "16 MiB" in error.message
    assert held < 40_000_000


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        ("a.csv", "question_text,passage\nq,p\n", "query"),
        ("a.csv", "query,label\nq,1\n", "passage"),
        ("a.tsv", "query\tlabel\nq\t1\n", "passage"),
        ("a.jsonl", jsonl({"query": "q", "label": 1}), "passage"),
    ],
)
def test_missing_column(tmp_path: Path, name: str, content: str, field: str) -> None:
    error = failure(write(tmp_path, name, content))
    assert (error.line, error.field) == (1, field)
    assert "label" in error.message or "question_text" in error.message  # what is there
    assert f"{field}_id" in error.message  # what would do
    assert "mapping" in error.message  # how to mend it


def test_tabs_in_a_csv_are_pointed_out(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query\tpassage\nq\tp\n"))
    assert (error.line, error.field) == (1, "query")
    assert "tsv" in error.message


def test_unknown_grade(tmp_path: Path) -> None:
    rows = jsonl(GOOD, {**GOOD, "label": "relevant"}, GOOD)
    (error,) = errors(write(tmp_path, "a.jsonl", rows), grades=(0, 1))
    assert (error.line, error.field) == (2, "label")
    assert '"relevant" is not a number' in error.message
    assert "the grades are 0, 1" in error.message


def test_label_out_of_range(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,passage,label\nq,p,1\nq,r,7\n")
    (error,) = errors(path, grades=(0, 1))
    assert (error.line, error.field) == (3, "label")
    assert 'label "7" is out of range' in error.message
    assert "the grades are 0, 1" in error.message


def test_label_between_the_grades(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,passage,is_relevant\nq,p,0.5\n")
    (error,) = errors(path, grades=(0, 1))
    assert (error.line, error.field) == (2, "label")
    assert "is no grade of this project" in error.message
    assert "column “is_relevant”" in error.message


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.tsv", "a.txt", "a.parquet", "a"])
@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    error = failure(write(tmp_path, name, content))
    assert (error.line, error.field) in [(1, "file"), (None, "file")]
    assert "empty" in error.message


def test_a_header_without_rows(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query,passage\n"))
    assert (error.line, error.field) == (1, "file")
    assert "no rows" in error.message


def test_unterminated_quote_names_where_it_opens(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'query,passage\nq,p\nq,"open\nx,y\n' + "z,z\n" * 50)
    error = failure(path)
    assert (error.line, error.field) == (3, "line")
    assert "never closed" in error.message


def test_unterminated_quote_in_a_large_file_stops_at_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'query,passage\nq,"open\n' + "z,z\n" * 50_000)
    error = failure(path, limits=Limits(line_bytes=10_000))
    assert (error.line, error.field) == (2, "line")
    assert "perhaps a quote" in error.message


def test_many_quoted_lines_do_not_add_up_without_end(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,passage\n" + '"a\n",' * 5000)
    error = failure(path, limits=Limits(line_bytes=10_000))
    assert (error.line, error.field) == (2, "line")


def test_text_after_a_closing_quote(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", 'query,passage\nq,p\n"a" b,p\n'))
    assert (error.line, error.field) == (3, "line")
    assert "written twice" in error.message


def test_fields_too_many_and_too_few(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "query,passage\nq,p,r\nq\nq,p\n")
    found = errors(path)
    assert [(error.line, error.field) for error in found] == [(2, "line"), (3, "line")]
    assert "3 fields where the header has 2" in found[0].message


def test_a_column_twice(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query,passage,passage\nq,p,r\n"))
    assert (error.line, error.field) == (1, "passage")
    assert "more than once" in error.message
    error = failure(write(tmp_path, "b.csv", "," * 5_000_000 + "\nq,p\n"))
    assert (error.line, error.field) == (1, "line")
    assert "at most 1000" in error.message


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_nul_byte(tmp_path: Path, name: str) -> None:
    start = jsonl(GOOD) if name == "a.jsonl" else "query,passage\n"
    error = failure(write(tmp_path, name, start + "ab\0c\n"))
    assert (error.line, error.field) == (2, "line")
    assert "byte 3 of the line" in error.message
    assert "NUL" in error.message


@pytest.mark.parametrize(
    ("escape", "told"), [("\\u0000", "NUL"), ("\\ud800", "U+D800"), ("\\uDC00", "U+DC00")]
)
def test_escapes_that_cannot_be_stored(tmp_path: Path, escape: str, told: str) -> None:
    rows = jsonl(GOOD) + f'{{"query": "q", "candidate": "ab{escape}", "label": 1}}\n'
    (error,) = errors(write(tmp_path, "a.jsonl", rows))
    assert (error.line, error.field) == (2, "passage")
    assert told in error.message
    assert "character 3" in error.message
    assert "column “candidate”" in error.message


def test_escapes_in_metadata_and_its_keys(tmp_path: Path) -> None:
    rows = [
        {**GOOD, "note": {"deep": ["a\0"]}}, {**GOOD, "note": {"\ud800": 1}}, {**GOOD, "x\0": 1},
        {**GOOD, "note": "\U0001f600 \\u0000 \ud55c"},
    ]  # fmt: skip
    path = write(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = errors(path)
    assert [(error.line, error.field) for error in found] == [(1, "note"), (2, "note"), (3, "line")]


def test_utf16_is_told_apart(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query,passage\nq,p\n".encode("utf-16")))
    assert (error.line, error.field) == (1, "file")
    assert "UTF-16" in error.message
    assert "save it again as UTF-8" in error.message


def test_utf16_without_a_mark_is_guessed(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query,passage\nq,p\n".encode("utf-16-le")))
    assert (error.line, error.field) == (1, "line")
    assert "UTF-16" in error.message


def test_a_utf8_mark_is_taken_off(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b"\xef\xbb\xbfquery,passage\nq,p\n")
    assert pairs(path)[0].query == "q"


@pytest.mark.parametrize("value", ["", "  ", None, 5, ["a"]])
def test_empty_and_wrong_texts(tmp_path: Path, value: object) -> None:
    rows = jsonl(GOOD, {**GOOD, "passage": value}, {**GOOD, "query": value})
    found = errors(write(tmp_path, "a.jsonl", rows))
    assert [(error.line, error.field) for error in found] == [(2, "passage"), (3, "query")]
    told = "must be a text, not " if value not in ("", "  ", None) else "the text is "
    assert all(told in error.message for error in found)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", '"nan"', '"inf"'])
@pytest.mark.parametrize("field", ["label", "score", "rank"])
def test_numbers_that_are_none(tmp_path: Path, value: str, field: str) -> None:
    rows = f'{{"query": "q", "passage": "p", "{field}": {value}}}\n'
    (error,) = errors(write(tmp_path, "a.jsonl", rows))
    assert (error.line, error.field) == (1, field)
    assert "is not a finite number" in error.message


def test_numbers_in_metadata_that_are_none(tmp_path: Path) -> None:
    (error,) = errors(write(tmp_path, "a.jsonl", '{"query":"q","passage":"p","x":[{"y":NaN}]}\n'))
    assert (error.line, error.field) == (1, "x")


@pytest.mark.parametrize("value", ["1.5", "-1", "3000000000", "1_0", "first", "٣"])
def test_ranks_that_are_none(tmp_path: Path, value: str) -> None:
    (error,) = errors(write(tmp_path, "a.csv", f"query,passage,rank\nq,p,{value}\n"))
    assert (error.line, error.field) == (2, "rank")


def test_ids_too_long_for_an_index(tmp_path: Path) -> None:
    (error,) = errors(write(tmp_path, "a.jsonl", jsonl({**GOOD, "passage_id": "x" * 513})))
    assert (error.line, error.field) == (1, "passage_id")
    assert "at most 512" in error.message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{'a': 1}", "not valid JSON"), ("[1]", "a list"), ('"x"', "a text"), ("null", "null"),
        ('{"query": "q"', "not valid JSON"), ("[" * 100_000, "nested too deeply"),
        ('{"query": ' + "9" * 5000 + "}", "not readable JSON: it has too large a number"),
        ("{" + ",".join(f'"k{n}":1' for n in range(1001)) + "}", "1001 keys"),
    ],
)  # fmt: skip
def test_lines_that_are_no_objects(tmp_path: Path, line: str, told: str) -> None:
    path = write(tmp_path, "a.jsonl", jsonl(GOOD) + line + "\n" + jsonl(GOOD))
    (error,) = errors(path)
    assert (error.line, error.field) == (2, "line")
    assert told in error.message
    first = failure(write(tmp_path, "b.jsonl", line + "\n"))
    assert (first.line, first.field) == (1, "line")
    assert "one JSON object a line" in first.message


def test_a_hundred_errors_are_told_and_all_are_counted(tmp_path: Path) -> None:
    bad = {**GOOD, "label": 7}
    path = write(tmp_path, "a.jsonl", jsonl(*[GOOD, bad] * 150))
    with open_rows(path, grades=(0, 1)) as stream:
        items = list(stream)
        assert (stream.errors, stream.rows_read) == (150, 150)
    found = [item for item in items if isinstance(item, RowError)]
    assert [error.line for error in found] == list(range(2, 201, 2))
    assert sum(isinstance(item, PairRow) for item in items) == 150


def test_repeats_and_conflicts_are_left_to_the_import(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", jsonl(GOOD, GOOD, {**GOOD, "label": 0}))
    assert [item.line for item in read(path)] == [1, 2, 3]


def test_an_unknown_format_lists_the_formats(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.jsonl", jsonl(GOOD)), format_name="xml")
    assert error.field == "format"
    assert "trec-qrels" in error.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "", "  \n"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"query": "q", "passage": }', "Expecting value at character 27"),
        ('{"query": "q" "passage": "p"}', "Expecting ',' delimiter at character 15"),
        ('{"query": "q", "label": 1} x', "Extra data at character 28"),
        ('{"query": "q",', "the line ends too early"),
        ('{"query": "q", "label":', "the line ends too early"),
        ('{"query": "q", "label": 1', "the line ends too early"),
        ('{"query": "a tex', "the line ends too early"),
    ],
)
def test_broken_json_is_told_where_in_its_line(
    tmp_path: Path, line: str, said: str, end: str
) -> None:
    (error,) = errors(write(tmp_path, "a.jsonl", jsonl(GOOD) + line + end))
    assert (error.line, error.field) == (2, "line")
    assert error.message.startswith(f"not valid JSON: {said}")


@pytest.mark.parametrize(
    ("rows", "form", "api"),
    [
        (
            {"query": "q", "strange": "p"},
            "under “Columns”: passage = its name",
            '"mapping": {"passage": "its name"}',
        ),
        (
            {"query": "q", "text": "p", "document": "d", "label": 1},
            "under “Columns”: passage = text",
            '"mapping": {"passage": "text"}',
        ),
    ],
)
def test_a_column_is_asked_for_in_words_of_the_form_and_of_the_api(
    tmp_path: Path, rows: dict[str, object], form: str, api: str
) -> None:
    error = failure(write(tmp_path, "a.jsonl", jsonl(rows)))
    assert form in error.message
    assert api in error.message


def test_a_label_is_named_in_words_of_the_form_and_of_the_api(tmp_path: Path) -> None:
    (error,) = errors(write(tmp_path, "a.jsonl", jsonl(GOOD, {**GOOD, "label": "good"})))
    assert "“Labels that are words”: relevant = 1" in error.message
    assert '"label_names": {"relevant": 1}' in error.message
