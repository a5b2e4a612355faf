"""`import_data` and `export_data` from the command line."""

from argparse import ArgumentTypeError
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotate.management.commands.import_data import label_and_grade
from annotate.models import Candidate, Import, Judgment
from tests.annotate.import_files import pair, write
from tests.factory import Cast
from tests.processes import process

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str | Path) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_it_imports_and_prints_the_counts(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "p", 1), pair("q", "r", 0))
    printed = run("import_data", "library", path, "--format", "jsonl", "--source", "editors")
    assert "a.jsonl (jsonl): 3 rows read, 2 new, 0 unchanged, 1 exact repeats merged" in printed
    assert "imported labels: 2" in printed
    assert path.exists()
    assert Import.objects.get().source_name == "editors"
    assert "0 new, 2 unchanged" in run("import_data", "library", path, "--source", "editors")


def test_columns_labels_and_conflicts_are_options(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("frage,absatz,urteil,score\nq,p,gut,x\nq,p,schlecht,y\n")
    run(
        "import_data", "library", path, "--map", "query=frage", "--map", "passage=absatz",
        "--map", "label=urteil", "--map", "score=", "--label", "gut=1", "--label", "schlecht=0",
        "--on-conflict", "last",
    )  # fmt: skip
    assert [row.grade.value for row in Judgment.objects.all() if row.grade] == [0]
    assert Candidate.objects.get().metadata == {"score": "x"}


def test_a_refused_file_exits_with_1_and_its_errors(
    cast: Cast, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "r", 8))
    with process("manage.py", "import_data", "library", str(path)) as command:
        assert command.wait(60) == 1
    errors = capfd.readouterr().err
    assert "line 2, label: label 8 is out of range" in errors
    assert "nothing of it was stored" in errors
    assert not Candidate.objects.exists()


@pytest.mark.parametrize("grade", ["", "very", "²", "9" * 5_000])
def test_a_grade_that_is_no_number_is_told(grade: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not LABEL=GRADE"):
        label_and_grade(f"gut={grade}")
    assert label_and_grade("a=b=2") == ("a=b", 2)


def test_what_is_not_there_is_told(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1))
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        run("import_data", "nowhere", path)
    with pytest.raises(CommandError, match="no file"):
        run("import_data", "library", tmp_path / "b.jsonl")
    with pytest.raises(CommandError, match="no format “docx”"):
        run("import_data", "library", path, "--format", "docx")
    with pytest.raises(CommandError, match="FIELD=COLUMN"):
        run("import_data", "library", path, "--map", "query")
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        run("export_data", "nowhere", tmp_path / "out")


def test_an_export_is_written_whole(cast: Cast, tmp_path: Path) -> None:
    rows = [pair("q", f"p{n}", n % 2, query_id="q1", passage_id=f"d{n}") for n in range(3)]
    run("import_data", "library", write(tmp_path / "a.jsonl", *rows))
    target = tmp_path / "out" / "judged.qrels"
    target.parent.mkdir()
    run("export_data", "library", target, "--format", "qrels")
    assert sorted(target.read_text().splitlines()) == ["q1 0 d0 0", "q1 0 d1 1", "q1 0 d2 0"]
    assert list(target.parent.iterdir()) == [target]
    assert run("export_data", "library", "-", "--format", "qrels") == target.read_text()
    with pytest.raises(CommandError, match="No such file or directory"):
        run("export_data", "library", tmp_path / "nowhere" / "x")
