"""What is frozen or imported while something is erased does not bring it back."""

from pathlib import Path

import pytest
from django.db import transaction

from accounts.services import project_delete
from annotate.models import Erasure, Import, Snapshot
from annotate.services.erasing import erasure_apply, erasure_create, erasure_finish
from annotate.services.importing import import_file
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from annotate.verifying import snapshot_verify
from tests.annotate.import_files import pair, take, write
from tests.annotate.test_an_edit_and_an_answer_meet import aside, somebody_waits
from tests.factory import Cast
from tests.processes import wait_for
from tests.training.jobs import frozen_snapshot, label_project
from tests.training.test_an_erased_text_is_nowhere import (
    TOLD,
    found_in_database,
    found_in_files,
)
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def erasure(cast: Cast, tmp_path: Path) -> Erasure:
    label_project(cast.project)
    take(cast.project, write(tmp_path / "a.jsonl", pair("how to read a file number 0", TOLD, 1)))
    passage = cast.project.passages.get(text__text=TOLD)
    return erasure_create(subject=passage, by=cast.owner, reason="Asked for.")


@pytest.mark.parametrize("what", ["import", "snapshot"])
def test_it_waits_for_the_erasure_and_then_lacks_the_text(
    cast: Cast, tmp_path: Path, erasure: Erasure, what: str
) -> None:
    snapshot = snapshot_create(project=cast.project, created_by=None)
    with transaction.atomic():
        applied = erasure_apply(erasure_id=erasure.pk)
        assert applied is not None
        if what == "import":
            path = tmp_path / "a.jsonl"
            other = aside(lambda: import_file(project=cast.project, path=path))
        else:
            other = aside(lambda: snapshot_freeze(snapshot_id=snapshot.pk))
        wait_for(lambda: somebody_waits() or not other.is_alive())
        erasure_finish(applied=applied, counts={})
    other.join()
    (tmp_path / "a.jsonl").unlink()
    assert found_in_database(TOLD) == []
    assert found_in_files(TOLD) == []
    if what == "snapshot":
        frozen = Snapshot.objects.get(pk=snapshot.pk)
        assert (frozen.status, snapshot_verify(frozen).state) == ("ready", "whole")
    else:
        assert Import.objects.latest("pk").created == {"erased_earlier": 1}


def test_files_of_a_freeze_that_was_killed_go_too(
    cast: Cast, tmp_path: Path, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were stored and came into no row."""
    monkeypatch.setattr("annotate.services.snapshots._finish", lambda *_: None)
    snapshot = snapshot_create(project=cast.project, created_by=None)
    snapshot_freeze(snapshot_id=snapshot.pk)
    (tmp_path / "a.jsonl").unlink()
    assert len(found_in_files(TOLD)) == 1
    erasure_run(erasure_id=erasure.pk)
    assert found_in_files(TOLD) == []


def test_an_erased_project_leaves_whole(cast: Cast, erasure: Erasure) -> None:
    frozen_snapshot(cast.project)
    erasure_run(erasure_id=erasure.pk)
    erasure_run(erasure_id=erasure.pk)  # a second delivery
    assert Erasure.objects.get().counts["records"] == 1
    with pytest.raises(Exception, match="never deleted alone"), transaction.atomic():
        Erasure.objects.get().snapshots.all().delete()
    project_delete(project=cast.project)
    assert not Erasure.objects.exists()
