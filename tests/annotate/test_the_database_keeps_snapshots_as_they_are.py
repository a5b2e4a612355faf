"""A snapshot moves forward only, is ready with all it consists of, and freezes what was asked."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from annotate.models import Snapshot
from annotate.models.snapshots import FILES
from tests.factory import Cast, make_cast, make_ready

pytestmark = pytest.mark.django_db
SHARES = {"train": 0.5, "dev": 0.25, "test": 0.25}
READY = {
    "status": "ready",
    "digest": "5e" * 32,
    "files": {name: {"sha256": "0" * 64, "size": 0} for name in FILES},
    "frozen_at": Now(),
}


def change(snapshot: Snapshot, **fields: Any) -> None:
    Snapshot.objects.filter(pk=snapshot.pk).update(**fields)


def refused(snapshot: Snapshot, why: str, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        change(snapshot, **fields)


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return Snapshot.objects.create(project=cast.project, created_by=cast.owner, splits=SHARES)


@pytest.mark.parametrize(
    ("way", "to"),
    [
        ([], "ready"),
        ([], "failed"),
        (["running"], "queued"),
        (["running", "failed"], "queued"),
        (["running", "failed"], "running"),
        (["running", "failed"], "ready"),
        (["running", "ready"], "running"),
        (["running", "ready"], "failed"),
    ],
)
def test_its_status_moves_along_its_edges_only(snapshot: Snapshot, way: list[str], to: str) -> None:
    for status in way:
        change(snapshot, **(READY if status == "ready" else {"status": status}))
    bare: dict[str, Any] = {"digest": None, "files": {}, "frozen_at": None}
    refused(
        snapshot,
        "cannot move from|is frozen",
        **(READY if to == "ready" else {**bare, "status": to}),
    )


@pytest.mark.parametrize(
    "lacking",
    [
        {"digest": None},
        {"digest": "5E" * 32},
        {"files": {}},
        {"files": {name: {} for name in FILES if name != "judgments.jsonl"}},
        {"frozen_at": None},
    ],
)
def test_a_ready_one_has_a_digest_its_files_and_a_moment(
    snapshot: Snapshot, lacking: dict[str, Any]
) -> None:
    change(snapshot, status="running")
    refused(snapshot, "snapshot_ready_means_frozen", **{**READY, **lacking})
    change(snapshot, **READY)


@pytest.mark.parametrize("field", ["digest", "files", "frozen_at"])
def test_an_unfinished_one_has_none_of_them(snapshot: Snapshot, field: str) -> None:
    change(snapshot, status="running")
    refused(snapshot, "snapshot_ready_means_frozen", **{field: READY[field]})


def test_what_was_asked_for_is_fixed_from_the_start(cast: Cast, snapshot: Snapshot) -> None:
    elsewhere = make_cast("elsewhere").project
    for status in ("queued", "running"):
        change(snapshot, status=status)
        for field, value in (
            ("project", elsewhere),
            ("seed", 7),
            ("policy", {"resolve": "mean", "first_stage_run": None}),
            ("splits", {**SHARES, "dev": 0.2, "test": 0.3}),
            ("created_at", timezone.now()),
            ("created_by", cast.manager),
        ):
            refused(snapshot, "is fixed", **{field: value})
    change(snapshot, attempts=1, created_by=None)


def test_a_failed_one_keeps_its_reason(snapshot: Snapshot) -> None:
    change(snapshot, status="running")
    change(snapshot, status="failed", error="There are no judgments to freeze.")
    refused(snapshot, "is frozen", error="")
    refused(snapshot, "is frozen", attempts=0, seed=1)
    change(snapshot, created_by=None)


def test_who_asked_for_a_ready_one_may_leave(snapshot: Snapshot) -> None:
    make_ready(snapshot)
    refused(snapshot, "is frozen", findings=[{"kind": "invented"}])
    change(snapshot, created_by=None)
