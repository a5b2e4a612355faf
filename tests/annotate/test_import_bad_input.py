"""Bad files are refused with line and field, and nothing of them is stored."""

import errno
import gzip
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotate.importing import reading, staging
from annotate.models import Import
from annotate.services.importing import import_file
from tests.annotate.import_files import contents, pair, refused, take, write
from tests.factory import Cast

pytestmark = pytest.mark.django_db

GOOD = "".join(json.dumps(pair(f"q{n}", f"text {n}", n % 2)) + "\n" for n in range(6_000))


def truncated_gzip(path: Path) -> Path:
    packed = gzip.compress(GOOD.encode())
    path = path.with_suffix(".jsonl.gz")
    path.write_bytes(packed[: len(packed) // 2])
    return path


def bad_utf8(path: Path) -> Path:
    path.write_bytes(GOOD.encode() + b'{"query": "caf\xe9", "passage": "p"}\n')
    return path


def long_line(path: Path) -> Path:
    with path.open("w") as out:
        out.write(GOOD + '{"query": "q", "passage": "')
        for _ in range(100):
            out.write("x" * (1 << 20))
        out.write('"}\n')
    return path


def missing_column(path: Path) -> Path:
    path = path.with_suffix(".csv")
    path.write_text("query,label\nq,1\n")
    return path


def unknown_grade(path: Path) -> Path:
    path.write_text(GOOD + json.dumps(pair("q", "p") | {"label": "superb"}) + "\n")
    return path


def label_out_of_range(path: Path) -> Path:
    path.write_text(GOOD + json.dumps(pair("q", "p", 7)) + "\n")
    return path


def empty(path: Path) -> Path:
    path.write_text("")
    return path


def two_labels(path: Path) -> Path:
    path.write_text(GOOD + json.dumps(pair("q3", "text 3", 0)) + "\n")
    return path


def long_run(path: Path) -> Path:
    path.write_text(GOOD + json.dumps(pair("q", "p", rank=1, run="r" * 200)) + "\n")
    return path


@pytest.mark.parametrize(
    ("make", "line", "field", "words"),
    [
        (truncated_gzip, None, "file", "truncated"),
        (bad_utf8, 6001, "line", "UTF-8"),
        (long_line, 6001, "line", "longer than 16 MiB"),
        (missing_column, 1, "passage", "no column for passage"),
        (unknown_grade, 6001, "label", "the grades are 0, 1"),
        (label_out_of_range, 6001, "label", "the grades are 0, 1"),
        (empty, 1, "file", "empty"),
        (two_labels, 6001, "label", "labelled 0 here and 1 at line 4"),
        (long_run, 6001, "run", "at most 120"),
    ],
)
def test_it_is_refused_whole(
    cast: Cast,
    tmp_path: Path,
    make: Callable[[Path], Path],
    line: int | None,
    field: str,
    words: str,
) -> None:
    take(cast.project, write(tmp_path / "before.jsonl", pair("was", "there", 1)))
    (error,) = refused(cast.project, make(tmp_path / "bad.jsonl"))
    assert error["field"] == field
    assert words in error["message"]
    assert error["line"] == line if line is not None else error["line"] >= 1


def test_every_bad_line_is_listed_up_to_a_limit(cast: Cast, tmp_path: Path) -> None:
    rows = [pair("q", f"p{n}", 5 if n % 2 else 1) for n in range(10)]
    errors = refused(cast.project, write(tmp_path / "some.jsonl", *rows))
    assert [error["line"] for error in errors] == [2, 4, 6, 8, 10]
    rows = [pair("q", f"p{n}", 5) for n in range(500)]
    errors = refused(cast.project, write(tmp_path / "many.jsonl", *rows))
    assert [error["line"] for error in errors] == list(range(1, 101))
    assert Import.objects.latest("pk").error_count == 500
    # What only the comparison finds is counted as well.
    rows = [pair("q", f"p{n}", label) for label in (0, 1) for n in range(300)]
    errors = refused(cast.project, write(tmp_path / "both.jsonl", *rows))
    assert [error["line"] for error in errors] == list(range(301, 401))
    assert Import.objects.latest("pk").error_count == 300


def test_a_full_disk_and_a_lost_file_are_told(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (error,) = refused(cast.project, tmp_path / "nowhere.jsonl")
    assert "nowhere.jsonl" in error["message"]

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reading, "open_rows", full)
    (error,) = refused(cast.project, write(tmp_path / "a.jsonl", pair("q", "p")))
    assert error["field"] == "file"
    assert "No space left on device" in error["message"]


def test_a_crash_is_a_short_message_and_a_long_log(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(staging.Staging, "finish", bug)
    before = contents()
    with caplog.at_level(logging.ERROR):
        done = import_file(
            project=cast.project, path=write(tmp_path / "a.jsonl", pair("q", "p", 1))
        )
    assert contents() == before
    assert (done.status, done.errors[0]["line"], done.errors[0]["field"]) == ("failed", 1, "file")
    assert "internal error" in done.errors[0]["message"]
    assert "a bug of ours" not in done.errors[0]["message"]
    assert "ZeroDivisionError: a bug of ours" in caplog.text
    assert Import.objects.get().finished
