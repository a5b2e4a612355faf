"""`sha256:…` is what we call a text without an id: an import of it finds that text, or refuses."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.blobs import blob_open
from accounts.models import Project
from annotate.exporting import export_blocks
from annotate.models import Candidate, Judgment, Passage, Query, Snapshot
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.import_files import contents, pair, places, refused, take, write
from tests.factory import Cast, make_cast, make_passage, make_query

pytestmark = pytest.mark.django_db
TEXT = "The cat sat on the mat."


def name_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def counts() -> tuple[int, int, int]:
    return Query.objects.count(), Passage.objects.count(), Candidate.objects.count()


def topics(folder: Path) -> Path:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    rows = [pair(f"topic {word}", f"about {word} {n}", n) for word in words for n in range(2)]
    return write(folder / "labels.jsonl", *rows)


def frozen(project: Project) -> Snapshot:
    row = snapshot_create(project=project, created_by=None)
    snapshot_freeze(snapshot_id=row.pk)
    row.refresh_from_db()
    assert row.status == "ready", row.error
    return row


def lines(snapshot: Snapshot) -> bytes:
    return b"".join(
        blob_open(snapshot.files[f"{split}.jsonl"]["sha256"]).read()
        for split in ("train", "dev", "test")
    )


def test_a_name_beside_another_text_is_refused_with_its_line(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        pair("cats", TEXT, 1),
        pair("cats", "Entirely other text about dogs.", 0, passage_id=name_of(TEXT)),
    )
    errors = refused(cast.project, path)
    assert places(errors) == [(2, "passage_id")]
    assert name_of(TEXT) in errors[0]["message"]
    path = write(tmp_path / "b.jsonl", pair("dogs", TEXT, 1, query_id=name_of("cats")))
    assert places(refused(cast.project, path)) == [(1, "query_id")]


@pytest.mark.parametrize("names_first", [True, False])
def test_a_name_and_its_text_are_one_thing(cast: Cast, tmp_path: Path, names_first: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"query_id": name_of("cats"), "passage_id": name_of(TEXT), "label": 1},
        pair("cats", TEXT),
        pair("cats", TEXT, query_id=name_of("cats"), passage_id=name_of(TEXT), rank=1, run="r"),
    ]
    path = write(tmp_path / "a.jsonl", *(rows if names_first else reversed(rows)))
    take(cast.project, path)
    assert counts() == (1, 1, 1)
    assert (Query.objects.get().external_id, Passage.objects.get().external_id) == (None, None)
    assert Judgment.objects.count() == 1


def test_a_name_with_a_title_before_its_text_is_known(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"query": "q", "passage_id": name_of(TEXT), "title": "Cats"},
        pair("q", TEXT, title="Cats"),
    )
    take(cast.project, path)
    passage = Passage.objects.get()
    assert (passage.title, passage.text.text) == ("Cats", TEXT)


def test_a_name_of_no_text_is_an_unknown_reference(cast: Cast, tmp_path: Path) -> None:
    make_passage(cast.project, TEXT, "p1")  # has an id, and is not known by its text
    row = {"query_id": name_of("cats"), "passage_id": name_of(TEXT), "label": 1}
    errors = refused(cast.project, write(tmp_path / "a.jsonl", row))
    assert places(errors) == [(1, "query_id"), (1, "passage_id")]
    assert f"there is no query “{name_of('cats')}”" in errors[0]["message"]


def test_qrels_of_texts_without_ids_are_read_again(cast: Cast, tmp_path: Path) -> None:
    row = {"query": "q one", "positive_text": "right", "negative_texts": ["wrong", "worse"]}
    take(cast.project, write(tmp_path / "t.jsonl", row))
    path = tmp_path / "t.qrels"
    path.write_bytes(b"".join(export_blocks(cast.project, format_name="qrels")))
    assert path.read_text().count(name_of("q one")) == 3
    before = contents()
    done = take(cast.project, path)
    assert (done.created, done.rows_unchanged) == ({}, 3)
    assert contents() == before
    assert places(refused(make_cast("copy").project, path))[0] == (1, "query_id")


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_imported_into_its_project_makes_nothing(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, topics(tmp_path))
    snapshot = frozen(cast.project)
    path = tmp_path / "labels.train.jsonl"
    path.write_bytes(lines(snapshot))
    before = contents()
    done = take(cast.project, path, source_name="labels", mapping={"label": "grade"})
    assert (done.created, done.rows_unchanged) == ({}, 20)
    assert contents() == before
    again = take(cast.project, path, source_name="second opinion", mapping={"label": "grade"})
    assert again.created == {"judgments": 20}
    assert frozen(cast.project).pairs == snapshot.pairs == 20


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_imported_elsewhere_freezes_to_the_same_lines(
    cast: Cast, tmp_path: Path
) -> None:
    take(cast.project, topics(tmp_path))
    path = tmp_path / "labels.jsonl"
    path.write_bytes(lines(frozen(cast.project)))
    other = make_cast("copy").project
    take(other, path, mapping={"label": "grade"})

    def unsalted(written: bytes) -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in written.splitlines()]
        return [{**row, "salt": ""} for row in rows]  # each project has salts of its own

    def pair(row: dict[str, Any]) -> tuple[str, str]:
        return row["query_id"], row["passage_id"]

    copied = unsalted(lines(frozen(other)))
    assert sorted(copied, key=pair) == sorted(unsalted(path.read_bytes()), key=pair)


@pytest.mark.parametrize("external_id", ["", name_of(TEXT)])
def test_the_database_refuses_ids_that_pose_as_names(cast: Cast, external_id: str) -> None:
    with pytest.raises(IntegrityError, match="passage_id_is_its_own"), transaction.atomic():
        make_passage(cast.project, "other", external_id)
    with pytest.raises(IntegrityError, match="query_id_is_its_own"), transaction.atomic():
        make_query(cast.project, "other", external_id)


@pytest.mark.parametrize("external_id", ["sha256:abc", f"x{name_of(TEXT)}", name_of(TEXT).upper()])
def test_ids_that_only_look_alike_are_ids(cast: Cast, tmp_path: Path, external_id: str) -> None:
    rows = [pair("q", "other", passage_id=external_id), pair("q", TEXT)]
    take(cast.project, write(tmp_path / "a.jsonl", *rows))
    found = Passage.objects.values_list("external_id", flat=True)
    assert set(found) == {external_id, None}
