"""An export, imported into an empty project, is exported again with all that its format carries."""

import json
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.models import Project, User
from accounts.services import member_set, project_create, user_create
from annotate.exporting import FORMATS
from annotate.models import Action, Candidate, Judgment, Kind
from tests.annotate.export_rows import carried, copy_into, exported, members_of, sides_of
from tests.annotate.import_files import take, write

pytestmark = pytest.mark.django_db
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
STARTS = ("", "=", "'", "'=", "\ufeff", " ", "\r", "\t-", "＝", "\n", '"', "''@", "﻿'+")
FREE = st.builds(str.__add__, st.sampled_from(STARTS), st.text(CHARACTERS, max_size=6))
TEXTS = FREE.filter(lambda text: bool(text) and not text.isspace())
IDS = st.sampled_from((None, "", "-", "'=", "0", "=", "＋", "a b", "1e", "00'"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | FREE
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FREE, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
METADATA = st.dictionaries(FREE.filter(lambda name: name != "metadata"), JSON, max_size=2)
ROW: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "query": TEXTS, "passage": TEXTS, "title": FREE, "ids": st.tuples(IDS, IDS),
        "label": st.sampled_from((0, 1, None)), "metadata": METADATA, "about": JSON,
        "grade": st.sampled_from((0, 1, None)), "comment": FREE, "flagged": st.booleans(),
        "seconds": st.none() | st.floats(0, 1e6),
    }
)  # fmt: skip
RICH: dict[str, Any] = {
    "query": "'=a\r\"query\", \r\n", "passage": "\ufeff=SUM(A1)\n", "title": " '@t",
    "ids": ("1e", "0"), "label": 0, "metadata": {"=k": {"n": [1, None, "'=x", 0.1]}},
    "about": ["'-"], "grade": 1, "comment": '  =why, "so"\n', "flagged": True, "seconds": 1.25,
}  # fmt: skip
PLAIN = {**RICH, "query": "q", "passage": "p", "ids": (None, None), "label": 1, "grade": None}
TABLES = [(name, what) for name in ("jsonl", "csv", "parquet") for what in ("judgments", "qrels")]


def a_project(judge: User | None = None) -> Project:
    owner = user_create(username=f"u-{uuid.uuid4().hex[:12]}")
    project = project_create(slug=f"p-{uuid.uuid4().hex[:12]}", name="P", owner=owner)
    if judge:
        member_set(project=project, user=judge, role="annotator")
    return project


def judged(rows: Sequence[Mapping[str, Any]], folder: Path) -> Project:
    """A project of these pairs, labelled by a source and then judged by a person."""
    lines = []
    for number, row in enumerate(rows):
        line = {name: row[name] for name in ("query", "passage", "title", "label", "metadata")}
        for side, start in zip(("query", "passage"), row["ids"], strict=True):
            if start is not None:
                line[f"{side}_id"] = f"{start}{number}"
                line[f"{side}.about"] = row["about"]
        lines.append(line)
    judge = user_create(username=f"judge-{uuid.uuid4().hex[:12]}")
    project = a_project(judge)
    take(project, write(folder / "origin.jsonl", *lines), source_name="=labels")
    grades = dict(project.grades.values_list("value", "pk"))
    by_passage = {candidate.passage.text.text: candidate for candidate in candidates(project)}
    for row in rows:
        if row["grade"] is not None:
            Judgment.objects.create(
                id=uuid.uuid4(), project=project, candidate=by_passage[row["passage"]],
                person=judge, kind=Kind.COUNTED, action=Action.GRADE, slot=1,
                grade_id=grades[row["grade"]], comment=row["comment"], flagged=row["flagged"],
                seconds=row["seconds"], evidence=[[0, 1]],
            )  # fmt: skip
    return project


def candidates(project: Project) -> list[Candidate]:
    return list(Candidate.objects.filter(project=project).select_related("passage__text"))


@settings(deadline=None, max_examples=6)
@given(
    st.lists(ROW, min_size=1, max_size=5, unique_by=(lambda r: r["passage"], lambda r: r["query"]))
)
@example([RICH, PLAIN])
def test_whatever_was_said_comes_back(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        origin = judged(rows, folder)
        for format_name, what in TABLES:
            if not carried(origin, what):  # a file without rows is refused as empty
                continue
            copy = a_project()
            copy_into(copy, origin, folder, format_name, what)
            assert carried(copy, what) == carried(origin, what), (format_name, what)
        copy = a_project()
        copy_into(copy, origin, folder, "beir")
        assert members_of(exported(copy, "beir")) == members_of(exported(origin, "beir"))
        if triplets := exported(origin, "triplets"):
            copy = a_project()
            copy_into(copy, origin, folder, "triplets")
            assert sides_of(exported(copy, "triplets")) == sides_of(triplets)


@pytest.mark.parametrize("format_name", ["jsonl", "csv", "parquet"])
def test_into_its_own_project_an_export_brings_nothing(tmp_path: Path, format_name: str) -> None:
    project = judged([RICH, PLAIN], tmp_path)
    before = carried(project, "judgments")
    copy_into(project, project, tmp_path, format_name, "judgments")
    assert carried(project, "judgments") == before
    assert Judgment.objects.count() == 3
    assert not project.sources.exclude(name="=labels").exists()


def test_people_who_differ_stay_apart_and_a_repeat_is_one(tmp_path: Path) -> None:
    origin = judged([RICH, PLAIN], tmp_path)
    copy = a_project()
    copy_into(copy, origin, tmp_path, "csv", "judgments")
    done = take(copy, tmp_path / f"{origin.slug}-judgments.csv")
    assert (done.created, done.rows_read, done.rows_unchanged, done.rows_repeated) == ({}, 3, 3, 0)
    person = Judgment.objects.get(project=copy, source__name__endswith="(person)")
    assert (person.kind, person.person, person.comment) == ("imported", None, RICH["comment"])
    assert (person.seconds, person.flagged, person.evidence) == (1.25, True, [[0, 1]])
    origin_times = Judgment.objects.filter(project=origin).values_list("created_at", flat=True)
    copy_times = Judgment.objects.filter(project=copy).values_list("created_at", flat=True)
    assert sorted(copy_times) == sorted(origin_times)


@pytest.mark.parametrize("what", ["judgments", "qrels"])
def test_trec_qrels_come_back_where_the_texts_are(tmp_path: Path, what: str) -> None:
    """A line has no place for comments, or for two grades of one pair."""
    rows = [
        {**RICH, "query": f"q {n}", "passage": f"p {n}", "label": n % 2, "grade": None}
        for n in range(4)
    ]
    rows[0]["ids"] = (None, None)
    origin = judged(rows, tmp_path)
    copy = a_project()
    copy_into(copy, origin, tmp_path, "jsonl", "qrels")
    path = tmp_path / "again.qrels"
    path.write_bytes(exported(origin, "qrels", what))
    done = take(copy, path, source_name="copied")
    assert (done.created, done.rows_unchanged) == ({}, 4)
    assert exported(copy, "qrels") == exported(origin, "qrels")


def test_doc_ids_of_triplets_go_out_as_they_came_in(tmp_path: Path) -> None:
    row = {
        "query": "q", "positive_text": "right", "positive_doc_id": "a.py:1-9",
        "negative_texts": ["wrong", "worse"], "negative_doc_ids": ["b.py:4", None],
    }  # fmt: skip
    project = a_project()
    take(project, write(tmp_path / "t.jsonl", row))
    (line,) = map(json.loads, exported(project, "triplets").splitlines())
    assert line == {"query_id": None, **row}


def test_negatives_are_dealt_to_the_positives_of_their_query(tmp_path: Path) -> None:
    labels = {"a": 1, "b": 1, "c": 0, "d": 0, "e": 0}
    rows = [{"query": "q", "passage": text, "label": label} for text, label in labels.items()]
    alone = {"query": "nothing found", "passage": "f", "label": 0}
    project = a_project()
    take(project, write(tmp_path / "p.jsonl", *rows, alone))
    found = [json.loads(line) for line in exported(project, "triplets").splitlines()]
    assert sorted(line["positive_text"] for line in found) == ["a", "b"]
    negatives = [line["negative_texts"] for line in found]
    assert sorted(map(len, negatives)) == [1, 2]
    assert sorted(chain(*negatives)) == ["c", "d", "e"]


def test_a_format_without_places_for_judgments_says_so() -> None:
    project = a_project()
    for name in ("beir", "triplets"):
        assert FORMATS[name].whats == ("qrels",)
        with pytest.raises(ValidationError, match="one grade for each pair"):
            exported(project, name, "judgments")
