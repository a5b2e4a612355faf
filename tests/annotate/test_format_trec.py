"""TREC topics in both forms, runs and qrels."""

from pathlib import Path

import pytest

from annotate.formats import PairRow, QueryRow, open_rows
from tests.annotate.format_files import errors, failure, pairs, read, write

TOPICS = """
<top>

<num> Number: 301
<title> International Organized
  Crime

<desc> Description:
Identify organizations < 100 members.

<narr> Narrative:
A relevant document must
name the organization.
</top>
<top><num>302</num><title>Poliomyelitis</title></top><top><num>303<title>Hubble</top>
"""


def test_marked_topics(tmp_path: Path) -> None:
    path = write(tmp_path, "topics.301-303", TOPICS)
    with open_rows(path) as stream:
        assert stream.format == "trec-topics"
        assert list(stream) == [
            QueryRow(
                2, "301", "International Organized Crime",
                {
                    "description": "Identify organizations < 100 members.",
                    "narrative": "A relevant document must name the organization.",
                },
            ),
            QueryRow(15, "302", "Poliomyelitis", {}),
            QueryRow(15, "303", "Hubble", {}),
        ]  # fmt: skip


def test_topics_that_lack_something(tmp_path: Path) -> None:
    text = "<top>\n<num>1\n</top>\n<top>\n<title>t\n</top>\nstray\n<top>\n<num>2<title>t\n"
    path = write(tmp_path, "a.txt", text + "</top>\n")
    assert [(error.line, error.field) for error in errors(path)] == [
        (1, "query"), (4, "query_id"), (7, "line")
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["", "<top>\n<num>2<title>u\n</top>\n"])
def test_a_topic_that_never_ends(tmp_path: Path, end: str) -> None:
    error = failure(write(tmp_path, "a.txt", "\n<top>\n<num>1<title>t\n" + end))
    assert (error.line, error.field) == (2, "line")
    assert "no </top>" in error.message


def test_tabbed_topics(tmp_path: Path) -> None:
    path = write(tmp_path, "queries.tsv", " 401 \tforeign minorities 1999\n\n402\tgenetics \n")
    assert read(path) == [
        QueryRow(1, "401", "foreign minorities 1999", {}), QueryRow(3, "402", "genetics ", {})
    ]  # fmt: skip
    headed = write(tmp_path, "b.tsv", "qid\tquery\n1\ta\n")
    assert read(headed) == [QueryRow(2, "1", "a", {})]
    found = errors(write(tmp_path, "c.tsv", "1\ta\n2\n3\t\n\tb\n4\tc\td\n"))
    assert [(error.line, error.field) for error in found] == [
        (2, "line"), (3, "query"), (4, "query_id"), (5, "line")
    ]  # fmt: skip


def test_a_run_gives_ranks_and_scores(tmp_path: Path) -> None:
    path = write(tmp_path, "bm25.run", "301 Q0 FT1 1 12.5 bm25\n301\tQ0\tFT2\t2\t-1e-1\tbm25 \n")
    with open_rows(path) as stream:
        assert stream.format == "trec-run"
        assert list(stream) == [
            PairRow(1, "301", None, "FT1", "", None, None, 1, 12.5, "bm25", {}, {}, {}),
            PairRow(2, "301", None, "FT2", "", None, None, 2, -0.1, "bm25", {}, {}, {}),
        ]


def test_bad_lines_of_a_run(tmp_path: Path) -> None:
    text = "1 Q0 d 1 0.5 r\n1 Q0 d 2 0.5\n1 Q0 d x 0.5 r\n1 Q0 d 1 nan r\n"
    found = errors(write(tmp_path, "a.run", text))
    assert [(error.line, error.field) for error in found] == [
        (2, "line"), (3, "rank"), (4, "score")
    ]  # fmt: skip
    assert "5 columns where 6 are needed" in found[0].message


def test_qrels_give_grades(tmp_path: Path) -> None:
    path = write(tmp_path, "qrels.txt", "301 0 FT1 1\n301 Q0 FT2 0\n301 2 FT3 2\n")
    with open_rows(path) as stream:
        assert stream.format == "trec-qrels"
    found = pairs(path)
    assert [(row.query_id, row.passage_id, row.label) for row in found] == [
        ("301", "FT1", 1), ("301", "FT2", 0), ("301", "FT3", 2)
    ]  # fmt: skip
    assert [row.metadata for row in found] == [{}, {}, {"iteration": "2"}]


def test_grades_of_qrels_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, "qrels.txt", "301 0 FT1 1\n301 0 FT2 -2\n301 0 FT3 x\n")
    assert [(error.line, error.field) for error in errors(path, grades=(0, 1))] == [
        (2, "label"), (3, "label")
    ]  # fmt: skip
    found = pairs(path, grades=(0, 1), label_names={"-2": 0, "x": 1})
    assert [row.label for row in found] == [1, 0, 1]


@pytest.mark.parametrize("alias", ["qrels", "trec", "trec_qrels", "TREC-qrels"])
def test_names_for_qrels(tmp_path: Path, alias: str) -> None:
    path = write(tmp_path, "x.csv.bak", "301 0 FT1 1\n")
    with open_rows(path, format_name=alias) as stream:
        assert stream.format == "trec-qrels"


def test_a_named_group_refuses_other_files(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.csv", "query,passage\nq,p\n"), format_name="trec")
    assert error.field == "format"
    assert "looks like csv" in error.message
