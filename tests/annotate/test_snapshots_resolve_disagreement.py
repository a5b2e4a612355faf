"""How each policy freezes candidates that people judged differently, and what it records of it."""

import json
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.blobs import blob_open
from accounts.models import User
from accounts.services import project_update, scheme_set
from annotate.models import Candidate, Judgment, Kind, Snapshot, SnapshotStatus
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.checks import make_gold
from tests.annotate.judging import decide, grade, record
from tests.factory import (
    GRADES_0_3,
    PASSWORD,
    Cast,
    bearer,
    make_annotator,
    make_label,
    make_queue,
)

pytestmark = pytest.mark.django_db(transaction=True)
ALL_TRAIN = {"train": 1.0, "dev": 0.0, "test": 0.0}


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    """Six candidates by two people who agree and a third who errs upwards, one that is
    adjudicated, and one with nothing but an imported label."""
    scheme_set(project=cast.project, grades=GRADES_0_3)
    project_update(project=cast.project, overlap=3)
    found = make_queue(cast.project, 2, 4)
    good, other, odd = people(cast)
    for row, value in zip(found[:6], (0, 1, 2, 0, 1, 0), strict=True):
        say(cast, row, {good: value, other: value})
    for row, value in zip(found[:5], (1, 2, 3, 1, 2), strict=True):
        say(cast, row, {odd: value})
    say(cast, found[5], {odd: 2})
    say(cast, found[6], {odd: 3, good: 1})
    decide(cast.project, cast.reviewer, found[6], 2)
    make_label(found[7], 3)
    return found


def people(cast: Cast) -> list[User]:
    names = ("ada", "ben", "odd")
    return [User.objects.filter(username=it).first() or make_annotator(cast.project, it)
            for it in names]  # fmt: skip


def say(cast: Cast, row: Candidate, given: dict[User, int]) -> None:
    for person, value in given.items():
        record(cast.project, person, grade(row, value))


def frozen(cast: Cast, **policy: Any) -> Snapshot:
    snapshot = snapshot_create(
        project=cast.project, created_by=None, policy=policy, splits=ALL_TRAIN
    )
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.READY, snapshot.error
    return snapshot


def lines(snapshot: Snapshot, name: str = "train.jsonl") -> list[dict[str, Any]]:
    with blob_open(snapshot.files[name]["sha256"]) as source:
        return [json.loads(line) for line in source]


def grades(snapshot: Snapshot) -> list[float]:
    return [line["grade"] for line in lines(snapshot)]


def test_each_policy_decides_its_way_below_adjudications_and_above_labels(
    cast: Cast, rows: list[Candidate]
) -> None:
    majority = frozen(cast, resolve="majority")
    assert grades(majority) == [0, 1, 2, 0, 1, 0, 2, 3]
    assert grades(frozen(cast, resolve="latest")) == [1, 2, 3, 1, 2, 2, 2, 3]
    third = 1 / 3
    mean = grades(frozen(cast, resolve="mean"))
    assert mean == pytest.approx([third, 4 * third, 7 * third, third, 4 * third, 2 * third, 2, 3])
    trusted = frozen(cast, resolve="most_trusted")
    assert grades(trusted) == [0, 1, 2, 0, 1, 0, 2, 3]
    assert grades(frozen(cast, resolve="most_trusted", trust=["odd"])) == [1, 2, 3, 1, 2, 2, 2, 3]
    believed = grades(frozen(cast, resolve="dawid_skene"))
    assert believed[:2] + believed[3:] == [0, 1, 0, 1, 0, 2, 3]
    decided = frozen(cast, resolve="adjudicated")
    assert grades(decided) == [2]
    assert decided.statistics["resolution"]["left_out"] == 7
    assert majority.statistics["resolution"]["against_majority"] == 1
    assert majority.statistics["resolution"]["compared"] == 7


def test_what_was_learned_of_the_judges_is_recorded_and_reproducible(
    cast: Cast, rows: list[Candidate]
) -> None:
    for resolve in ("most_trusted", "dawid_skene"):
        first, again = frozen(cast, resolve=resolve), frozen(cast, resolve=resolve)
        assert first.digest == again.digest
        [manifest] = lines(first, "manifest.json")
        assert {judge["name"] for judge in manifest["learned"]["judges"]} >= {"ada", "ben", "odd"}
        trust = {judge["name"]: judge["trust"] for judge in first.statistics["judges"]}
        assert trust["ben"] > trust["odd"]
        assert first.statistics["judges"][-1]["name"] == "odd"
    say(cast, rows[7], {people(cast)[2]: 0})
    assert frozen(cast, resolve="dawid_skene").digest != first.digest


def test_five_adjudications_count_for_more_than_agreement(
    cast: Cast, rows: list[Candidate]
) -> None:
    for row, value in zip(rows[:5], (1, 2, 3, 1, 2), strict=True):
        decide(cast.project, cast.reviewer, row, value)
    snapshot = frozen(cast, resolve="most_trusted")
    basis = {judge["name"]: judge["basis"] for judge in snapshot.statistics["judges"]}
    assert basis["odd"] == "known grades"
    assert grades(snapshot)[5] == 2  # the one who errs upwards was right each time


def test_checks_of_what_is_adjudicated_count_as_known_grades(
    cast: Cast, rows: list[Candidate]
) -> None:
    for row in rows[:6]:
        decide(cast.project, cast.reviewer, row, 3)
    make_gold(cast.manager, *rows[:6], grade=3)
    checked = people(cast)[1]
    record(cast.project, checked, grade(rows[7], 0))
    for row in rows[:6]:
        said = row.judgments.get(person=checked, current=True)
        Judgment.objects.create(
            id=uuid.uuid4(), project=cast.project, candidate=row, person=checked,
            kind=Kind.CHECK, grade=cast.project.scheme[3], slot=None, evidence=said.evidence,
        )  # fmt: skip
    snapshot = frozen(cast, resolve="most_trusted")
    trust = {judge["name"]: (judge["trust"], judge["n"]) for judge in snapshot.statistics["judges"]}
    assert trust["ben"] == (0.5, 12)  # six checks were right, six judgments wrong


def test_a_gold_grade_decides_nothing(cast: Cast, rows: list[Candidate]) -> None:
    policies: list[dict[str, Any]] = [
        {"resolve": "dawid_skene"}, {"resolve": "most_trusted"}, {"resolve": "majority"},
    ]  # fmt: skip
    before = [frozen(cast, **policy).digest for policy in policies]
    make_gold(cast.manager, *rows, grade=3)  # which nobody said of most of them
    checked = people(cast)[1]
    for row in rows[:6]:
        Judgment.objects.create(
            id=uuid.uuid4(), project=cast.project, candidate=row, person=checked,
            kind=Kind.CHECK, grade=cast.project.scheme[3], slot=None,
        )  # fmt: skip
    assert [frozen(cast, **policy).digest for policy in policies] == before


def test_soft_targets_are_what_judges_said_and_grades_stay(
    cast: Cast, rows: list[Candidate]
) -> None:
    snapshot = frozen(cast, resolve="majority", soft=True)
    assert grades(snapshot) == [0, 1, 2, 0, 1, 0, 2, 3]
    targets = [line["target"] for line in lines(snapshot)]
    assert targets == pytest.approx([1 / 9, 4 / 9, 7 / 9, 1 / 9, 4 / 9, 2 / 9, 2 / 3, 1], abs=1e-6)
    assert snapshot.statistics["resolution"]["soft"] == 6
    model = frozen(cast, resolve="dawid_skene", soft=True)
    for line in lines(model):
        assert 0 <= line["target"] <= 1


def test_the_api_and_the_page_say_it_in_words_and_keep_judges_for_reviewers(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    snapshot = frozen(cast, resolve="dawid_skene", soft=True)
    url = f"/api/v1/projects/library/snapshots/{snapshot.pk}/"
    shown = client.get(url, **bearer(cast.viewer)).json()["statistics"]
    assert shown["resolution"]["policy"] == "Dawid-Skene, soft targets"
    assert shown["resolution"]["iterations"] > 0
    assert "judges" not in shown
    page = f"/projects/library/snapshots/{snapshot.pk}/"
    for user, sees in ((cast.reviewer, True), (cast.annotator, False)):
        client.login(username=user.username, password=PASSWORD)
        text = client.get(page).content.decode()
        assert "Dawid-Skene, soft targets" in text
        assert ("How far each judge was trusted" in text) is sees
    client.login(username=cast.manager.username, password=PASSWORD)
    form = client.get("/projects/library/snapshots/").content.decode()
    assert "a model that learns from all judgments how each judge errs" in form


def test_nothing_adjudicated_is_said_before_anything_is_written(cast: Cast) -> None:
    make_label(make_queue(cast.project)[0], 1)
    snapshot = snapshot_create(
        project=cast.project, created_by=None, policy={"resolve": "adjudicated"}
    )
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.error.startswith("No candidate is adjudicated.")
    with pytest.raises(ValidationError):
        snapshot_create(project=cast.project, created_by=None, policy={"resolve": "loudest"})
