"""What a spreadsheet would run gets an apostrophe on its way out, and loses it on its way in."""

import csv
import io
import re
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.models import Project
from annotate.exporting import export_blocks
from annotate.formats.exported import COLUMNS, METADATA, RISKY, restored
from annotate.formats.records import ID_CHARACTERS, TEXT_CHARACTERS, TITLE_CHARACTERS
from annotate.models import Candidate
from tests.annotate.import_files import contents, pair, refused, take, write
from tests.factory import Cast, make_cast

pytestmark = pytest.mark.django_db
NASTY = [
    "=1+1", "+x", "-y", "@z", "\tx", "\rx", "\n=x", "  =1", "\u3000＝1", "＋1", "－1",
    "＠x", "\ufeff=x", "'=quoted", "''-twice", "' @x", "'plain", 'a "b", c', "two\r\nlines", "☃",
]  # fmt: skip
STARTS = st.text(st.sampled_from("'=+-@＝＋－＠ \t\r\n\xa0\u3000\ufeffa"), max_size=5)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)


def neutralised(texts: list[str]) -> list[str]:
    """As PostgreSQL does it for an export."""
    sql = "SELECT CASE WHEN x ~ %s THEN '''' || x ELSE x END FROM unnest(%s::text[]) x"
    with connection.cursor() as cursor:
        cursor.execute(sql, [RISKY, texts])
        return [row[0] for row in cursor.fetchall()]


def risky(cell: str) -> bool:
    bare = re.sub(r"^[\s\ufeff\u200b]+", "", cell)
    return cell[:1] in ("\t", "\r", "\n") or bare[:1] in tuple("=+-@＝＋－＠")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.builds(str.__add__, STARTS, ANY), min_size=1, max_size=40))
@example(NASTY)
def test_neutralising_is_undone(texts: list[str]) -> None:
    cells = neutralised(texts)
    assert [restored(cell) for cell in cells] == texts
    # Python's expression finds the same texts as PostgreSQL's.
    assert [cell != text for cell, text in zip(cells, texts, strict=True)] == [
        bool(re.match(RISKY, text)) for text in texts
    ]
    assert not [cell for cell in cells if risky(cell)]


def fill(project: Project, folder: Path) -> None:
    rows = [
        pair(f"{words}?", words, n % 2, query_id=f"-q{n}", title=words, colour=words)
        for n, words in enumerate(NASTY)
    ]
    take(project, write(folder / "labels.jsonl", *rows), source_name="@labels")


def exported(project: Project, what: str = "judgments") -> list[list[str]]:
    text = b"".join(export_blocks(project, format_name="csv", what=what)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("what", ["judgments", "qrels"])
def test_no_cell_of_a_file_is_a_formula(cast: Cast, tmp_path: Path, what: str) -> None:
    fill(cast.project, tmp_path)
    header, *rows = exported(cast.project, what)
    assert tuple(header) == (*COLUMNS[what], *METADATA)
    assert len(rows) == len(NASTY)
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if risky(cell)]
    assert {"'=1+1", "'  =1", "''=quoted", "'plain"} <= set(cells)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_apostrophes_of_foreign_files_are_theirs(
    cast: Cast, tmp_path: Path, delimiter: str
) -> None:
    rows = [["query", "passage", "label", "note"], ["'-5 C or warmer", "'=rocket' y", "1", "'+n"]]
    path = tmp_path / "a.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows))
    take(cast.project, path)
    candidate = Candidate.objects.get()
    found = (candidate.query.text, candidate.passage.text.text, candidate.metadata["note"])
    assert found == ("'-5 C or warmer", "'=rocket' y", "'+n")


def test_an_export_that_a_spreadsheet_saved_with_semicolons_is_still_one(
    cast: Cast, tmp_path: Path
) -> None:
    fill(cast.project, tmp_path)
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows(exported(cast.project))
    before = contents()
    assert take(cast.project, path).rows_unchanged == len(NASTY)
    assert contents() == before


@pytest.mark.parametrize("what", ["judgments", "qrels"])
def test_what_is_as_long_as_it_may_be_comes_back(cast: Cast, tmp_path: Path, what: str) -> None:
    """The apostrophe is no part of what is counted."""
    row = pair(
        "@" + "q" * (TEXT_CHARACTERS - 1),
        "+" + "p" * (TEXT_CHARACTERS - 1),
        1,
        query_id="-" + "x" * (ID_CHARACTERS - 1),
        passage_id="=" + "y" * (ID_CHARACTERS - 1),
        title="=" + "t" * (TITLE_CHARACTERS - 1),
    )
    take(cast.project, write(tmp_path / "labels.jsonl", row))
    path = tmp_path / "export.csv"
    path.write_bytes(b"".join(export_blocks(cast.project, format_name="csv", what=what)))
    other = make_cast("other").project
    take(other, path)
    candidate = other.candidates.get()
    assert candidate.query.text == row["query"]
    assert candidate.query.external_id == row["query_id"]
    assert candidate.passage.text.text == row["passage"]
    assert candidate.passage.external_id == row["passage_id"]
    assert candidate.passage.title == row["title"]


def test_one_character_more_is_refused_as_ever(cast: Cast, tmp_path: Path) -> None:
    fill(cast.project, tmp_path)
    header, *rows = exported(cast.project, "qrels")
    for row in rows:
        row[header.index("query_id")] = "'-" + "x" * ID_CHARACTERS
    path = tmp_path / "export.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    errors = refused(make_cast("other").project, path)
    assert {error["field"] for error in errors} == {"query_id"}
