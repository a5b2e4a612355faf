"""An import or snapshot whose worker dies again and again fails with a message, as does a crash."""

import logging
import signal
from pathlib import Path

import pytest
from django.db import OperationalError

from annotate.models import Import, Snapshot
from annotate.services.claiming import GAVE_UP, attempt_begin
from annotate.services.importing import import_run
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.import_files import pair, write
from tests.annotate.test_import_survives_kills import kept
from tests.factory import Cast
from tests.processes import process

pytestmark = pytest.mark.django_db(transaction=True)

# A worker that the system kills in the middle of its work, as for want of memory.
DIES = """
import os, signal
import django; django.setup()
from annotate.services import import_attempts, importing, snapshots
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
import_attempts.import_load = snapshots.freeze = die
{call}
"""


def die(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    with process("-c", DIES.format(call=call)) as worker:
        assert worker.wait(60) == -signal.SIGKILL


def test_an_import_that_kills_its_worker_four_times_is_given_up(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    for number in (1, 2, 3):
        die(f"importing.import_run(import_id={row.pk})", monkeypatch)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("running", number)
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.path) == ("failed", "")
    assert row.errors[0]["message"] == GAVE_UP


def test_a_snapshot_that_kills_its_worker_four_times_is_given_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = snapshot_create(project=cast.project, created_by=None)
    die(f"snapshots.snapshot_freeze(snapshot_id={row.pk})", monkeypatch)
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("running", 1)
    for number in (2, 3):
        assert attempt_begin(model=Snapshot, pk=row.pk) == number
    snapshot_freeze(snapshot_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.error) == ("failed", GAVE_UP)


def test_finished_work_counts_no_attempt(cast: Cast, tmp_path: Path) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    for _ in range(5):
        import_run(import_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("succeeded", 1)
    assert attempt_begin(model=Import, pk=row.pk) == 0


@pytest.mark.parametrize("error", [ValueError, OperationalError])
def test_a_snapshot_that_crashes_fails_unless_the_database_is_lost(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    def crash(*given: object, **named: object) -> None:
        raise error("secret detail")

    monkeypatch.setattr("annotate.services.snapshots.freeze", crash)
    row = snapshot_create(project=cast.project, created_by=None)
    if error is OperationalError:
        with pytest.raises(OperationalError):
            snapshot_freeze(snapshot_id=row.pk)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("running", 1)
        return
    with caplog.at_level(logging.ERROR):
        snapshot_freeze(snapshot_id=row.pk)
    row.refresh_from_db()
    assert row.status == "failed"
    assert "internal error" in row.error
    assert "secret" not in row.error
    assert "secret detail" in caplog.text
