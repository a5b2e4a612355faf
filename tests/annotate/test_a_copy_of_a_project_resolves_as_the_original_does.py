"""Judgments that are exported and imported elsewhere keep their rank: a decision stays one."""

import json
import uuid
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.blobs import blob_open
from accounts.models import Project
from accounts.services import member_set
from annotate.models import Snapshot, SnapshotStatus, Source
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.export_rows import copy_into, exported
from tests.annotate.import_files import pair, take, write
from tests.annotate.judging import decide, grade, record, skip
from tests.factory import Cast, make_cast, make_label, make_queue

pytestmark = pytest.mark.django_db(transaction=True)
ALL_TRAIN = {"train": 1.0, "dev": 0.0, "test": 0.0}


@pytest.fixture
def judged() -> Cast:
    """Decided against three people; one person against two sources; sources alone; a skip."""
    cast = make_cast("origin", overlap=3)
    decided, outvoted, labelled, skipped = make_queue(cast.project, queries=2, passages=2)
    member_set(project=cast.project, user=cast.viewer, role="annotator")
    for person in (cast.annotator, cast.manager, cast.viewer):
        record(cast.project, person, grade(decided, 1))
    decide(cast.project, cast.reviewer, decided, 0, reason="They overlook it.")
    record(cast.project, cast.annotator, grade(outvoted, 1, comment="so"), skip(skipped, "odd"))
    for source in ("first", "second"):
        make_label(outvoted, 0, source)
        make_label(labelled, 1, source)
    return cast


def resolved(project: Project) -> list[tuple[object, ...]]:
    rows = map(json.loads, exported(project, "jsonl", "qrels").splitlines())
    return sorted((row["passage_id"], row["label"], row["adjudicated"]) for row in rows)


def frozen(project: Project, resolve: str) -> list[tuple[object, ...]]:
    snapshot = snapshot_create(
        project=project, created_by=None, policy={"resolve": resolve}, splits=ALL_TRAIN
    )
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.READY, snapshot.error
    return [*grades_of(snapshot)]


def grades_of(snapshot: Snapshot) -> list[tuple[object, ...]]:
    with blob_open(snapshot.files["train.jsonl"]["sha256"]) as source:
        rows = [json.loads(line) for line in source]
    return sorted((row["passage_id"], row["grade"], row["adjudicated"]) for row in rows)


@pytest.mark.parametrize("format_name", ["jsonl", "csv", "parquet"])
def test_grades_and_decisions_are_the_same_in_a_copy_and_its_copy(
    judged: Cast, tmp_path: Path, format_name: str
) -> None:
    origin = judged.project
    assert resolved(origin) == [("q0p0", 0, True), ("q0p1", 1, False), ("q1p0", 1, False)]
    copy, further = make_cast("copy").project, make_cast("further").project
    copy_into(copy, origin, tmp_path, format_name, "judgments")
    copy_into(further, copy, tmp_path, format_name, "judgments")
    for project in (copy, further):
        assert resolved(project) == resolved(origin)
        assert dict(project.sources.values_list("name", "voice")) == {
            "origin-annotator (person)": "person", "origin-manager (person)": "person",
            "origin-viewer (person)": "person", "origin-reviewer (adjudication)": "adjudication",
            "first": "", "second": "",
        }  # fmt: skip
    if format_name == "jsonl":
        for resolve in ("majority", "mean", "latest", "adjudicated"):
            assert frozen(copy, resolve) == frozen(origin, resolve), resolve


def test_here_people_come_before_people_of_elsewhere_and_after_its_decisions(
    judged: Cast, tmp_path: Path
) -> None:
    copy = make_cast("copy", overlap=3)
    copy_into(copy.project, judged.project, tmp_path, "jsonl", "judgments")
    for candidate in copy.project.candidates.all():
        value = int(candidate.passage.external_id == "q0p0")
        record(copy.project, copy.annotator, grade(candidate, value))
    rows = [("q0p0", 0, True), ("q0p1", 0, False), ("q1p0", 0, False), ("q1p1", 0, False)]
    assert resolved(copy.project) == rows
    first = copy.project.candidates.get(passage__external_id="q0p0")
    decide(copy.project, copy.reviewer, first, 1, reason="They are right here.")
    assert resolved(copy.project)[0] == ("q0p0", 1, True)


@pytest.mark.parametrize("name", ["ada (adjudication)", "ada  (person) "])
def test_no_other_import_speaks_so(cast: Cast, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / f"{uuid.uuid4()}.jsonl", pair("how", "so", 1))
    with pytest.raises(ValidationError, match="our own exports"):
        take(cast.project, path, source_name=name)
    assert not Source.objects.exists()
