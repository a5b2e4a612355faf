"""What is exported says what was judged, and is imported again unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotate.exporting import export_blocks
from annotate.models import Candidate, Judgment, Passage
from tests.annotate.import_files import contents, pair, take, write
from tests.factory import Cast, bearer, make_cast, make_judgment

pytestmark = pytest.mark.django_db
PATH = "/api/v1/projects/library/export/"
NASTY = [
    "=1+1",
    "+x",
    "-y",
    "@z",
    "'=quoted",
    "''-twice",
    "'plain",
    'a "b", c',
    "two\r\nlines",
    "☃",
]


def text(cast: Cast, **how: Any) -> str:
    return b"".join(export_blocks(cast.project, **how)).decode()


def fill(cast: Cast, folder: Path) -> None:
    rows = [
        pair(f"{words}?", words, n % 2, query_id=f"-q{n}", title=words, colour="red")
        for n, words in enumerate(NASTY)
    ]
    take(cast.project, write(folder / "labels.jsonl", *rows))


def test_human_grades_outrank_imported_ones_in_qrels(cast: Cast, tmp_path: Path) -> None:
    row = pair("q", "p", 0, query_id="q1", passage_id="d1")
    take(cast.project, write(tmp_path / "labels.jsonl", row))
    make_judgment(Candidate.objects.get(), cast.annotator, grade=1)
    assert text(cast, format_name="qrels") == "q1 0 d1 1\n"
    (line,) = text(cast, format_name="jsonl", what="qrels").splitlines()
    assert json.loads(line) == {
        "query_id": "q1", "query": "q", "passage_id": "d1", "title": "", "passage": "p", "label": 1,
        "gain": 1.0, "target": 1.0, "people": 1, "imported": 1, "adjudicated": False,
        "metadata": {}, "query_metadata": {}, "passage_metadata": {},
    }  # fmt: skip
    who = text(cast, format_name="qrels", what="judgments")
    assert who == "q1 labels d1 0\nq1 library-annotator d1 1\n"
    judged = [json.loads(line) for line in text(cast, format_name="jsonl").splitlines()]
    assert [(row["label"], row["source"], row["annotator"]) for row in judged] == [
        (0, "labels", None),
        (1, None, "library-annotator"),
    ]
    assert judged[1]["kind"] == "counted"


@pytest.mark.parametrize("format_name", ["jsonl", "csv"])
@pytest.mark.parametrize("what", ["judgments", "qrels"])
def test_it_is_imported_again_unchanged(
    cast: Cast, tmp_path: Path, format_name: str, what: str
) -> None:
    fill(cast, tmp_path)
    path = tmp_path / f"labels.{format_name}"
    path.write_bytes(b"".join(export_blocks(cast.project, format_name=format_name, what=what)))
    before = contents()
    assert take(cast.project, path).rows_unchanged == len(NASTY)
    assert contents() == before
    other = make_cast("copy").project
    done = take(other, path)
    assert done.created["judgments"] == len(NASTY)
    copied = Passage.objects.filter(project=other)
    assert {(row.title, row.text.text) for row in copied} == {(words, words) for words in NASTY}
    labels = Judgment.objects.filter(project=other).values_list(
        "candidate__query__external_id", "grade__value"
    )
    assert sorted(labels) == sorted((f"-q{n}", n % 2) for n in range(len(NASTY)))


@pytest.mark.parametrize("what", ["judgments", "qrels"])
def test_metadata_comes_back_in_jsonl_as_it_went(cast: Cast, tmp_path: Path, what: str) -> None:
    """Also under names that an export adds, and under the name of the metadata itself."""
    metadata = {"colour": "red", "source": "golden.json", "kind": 3, "metadata": {"a": [1, None]}}
    row = pair("q", "p", 1, metadata=metadata)
    take(cast.project, write(tmp_path / "labels.jsonl", row), source_name="people")
    (line,) = map(json.loads, text(cast, what=what).splitlines())
    assert line["metadata"] == metadata
    assert what == "qrels" or (line["source"], line["kind"]) == ("people", "imported")
    path = tmp_path / "copy.jsonl"
    path.write_text(json.dumps(line))
    other = make_cast("copy").project
    take(other, path)
    assert Candidate.objects.get(project=other).metadata == metadata


def test_what_an_export_adds_is_no_metadata_of_its_copy(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "labels.jsonl", pair("q", "p", 1)))
    path = tmp_path / "copy.csv"
    path.write_text(text(cast, format_name="csv"))
    other = make_cast("copy").project
    take(other, path)
    assert Candidate.objects.get(project=other).metadata == {}


def test_ids_with_blanks_do_not_fit_trec(client: Client, cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1, query_id="a b")))
    answer = client.get(PATH, {"format": "qrels"}, **bearer(cast.owner))
    assert answer.status_code == 400
    assert "“a b”" in answer.json()["errors"]["format"][0]


def test_the_api_streams_a_file(client: Client, cast: Cast, tmp_path: Path) -> None:
    fill(cast, tmp_path)
    for wanted, kind, name in (
        ({}, "application/x-ndjson", "library-judgments.jsonl"),
        ({"format": "csv", "what": "qrels"}, "text/csv; charset=utf-8", "library-qrels.csv"),
    ):
        answer = client.get(PATH, wanted, **bearer(cast.manager, "read"))
        assert answer.status_code == 200
        assert answer.streaming
        assert answer["Content-Type"] == kind
        assert name in answer["Content-Disposition"]
        body = b"".join(answer)
        assert body.count(b"\n") >= len(NASTY)
    empty = client.get("/api/v1/projects/library-elsewhere/export/", **bearer(cast.outsider))
    assert b"".join(empty) == b""


@pytest.mark.parametrize(
    ("wanted", "field"), [({"format": "xlsx"}, "format"), ({"what": "all"}, "what")]
)
def test_unknown_wishes_are_named(
    client: Client, cast: Cast, wanted: dict[str, str], field: str
) -> None:
    answer = client.get(PATH, wanted, **bearer(cast.owner))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_who_may_export(client: Client, cast: Cast) -> None:
    assert client.get(PATH).status_code == 401
    assert client.get(PATH, **bearer(cast.outsider)).status_code == 404
    assert client.get(PATH, **bearer(cast.reviewer)).status_code == 200
    assert client.get(PATH, **bearer(cast.annotator)).status_code == 403  # the project is blind
    cast.project.blind = False
    cast.project.save()
    assert client.get(PATH, **bearer(cast.annotator)).status_code == 200
    assert client.post(PATH, **bearer(cast.owner)).status_code == 405


def test_an_unknown_choice_is_answered_with_the_known_ones(client: Client, cast: Cast) -> None:
    for name, known in (
        ("format", "jsonl, csv, parquet, qrels, beir, triplets"),
        ("what", "judgments, qrels, preferences"),
    ):
        answer = client.get(PATH, {name: "xlsx"}, **bearer(cast.owner))
        assert answer.status_code == 400
        assert answer.json()["errors"][name] == [f"There is no “xlsx”; choose one of {known}."]
