"""Stored files: those that a version, a push or a snapshot names stay; others go, a day later."""

import hashlib
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F

from accounts.blobs import blob_chunks, blob_put, blobs_stored
from accounts.models import Leftover
from accounts.services import project_create, project_delete
from models_app.integrity import version_check
from models_app.models import Upload, Version
from models_app.services.pushing import KEPT_FOR, upload_keep
from tests.factory import Cast
from tests.models_app.published import publish
from tests.training.jobs import frozen_snapshot, label_project
from training.services.leftovers import leftovers_find, leftovers_remove

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(hours=25)


def later() -> None:
    """Let a day pass."""
    Leftover.objects.update(since=F("since") - DAY)


def stray(folder: Path, content: bytes = b"nobody's") -> str:
    path = folder / "stray"
    path.write_bytes(content)
    return blob_put(path).sha256


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("remove_leftovers", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_named_is_never_a_leftover(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    snapshot = frozen_snapshot(cast.project)
    version = publish(cast.project, tmp_path / "m")
    sent = tmp_path / "sent"
    sent.write_bytes(b"sent ahead")
    oid = hashlib.sha256(b"sent ahead").hexdigest()
    upload_keep(reranker=version.reranker, path=sent, sha256=oid, size=10, created_by=cast.manager)
    for _ in range(3):
        assert leftovers_remove() == []
        later()
    assert oid in set(blobs_stored())
    assert {check.problem for check in version_check(version)} == {None}
    for file in snapshot.files.values():
        assert b"".join(blob_chunks(file["sha256"]))


def test_a_leftover_is_told_first_and_removed_a_day_later(cast: Cast, tmp_path: Path) -> None:
    kept = publish(cast.project, tmp_path / "m")
    sha256 = stray(tmp_path)
    assert "0 files, 0\xa0bytes: would be removed" in told()
    assert f"{sha256}  8\xa0bytes  nobody's since" in told()
    assert "0 files, 0\xa0bytes: removed" in told("--yes")
    later()
    assert "1 files, 8\xa0bytes: would be removed with --yes" in told()
    assert sha256 in set(blobs_stored())
    assert "1 files, 8\xa0bytes: removed" in told("--yes")
    assert sha256 not in set(blobs_stored())
    assert not Leftover.objects.exists()
    assert {check.problem for check in version_check(kept)} == {None}


def test_what_is_stored_again_is_no_leftover_any_more(cast: Cast, tmp_path: Path) -> None:
    sha256 = stray(tmp_path)
    leftovers_find()
    later()
    assert stray(tmp_path) == sha256  # on its way to a row that will name it
    assert leftovers_remove() == []
    assert sha256 in set(blobs_stored())


def test_files_of_a_deleted_project_go_unless_another_has_the_same(
    cast: Cast, tmp_path: Path
) -> None:
    other = project_create(slug="other", name="Other", owner=cast.owner)
    shared = publish(other, tmp_path / "shared", seed=0)
    publish(cast.project, tmp_path / "m", seed=0)
    own = publish(cast.project, tmp_path / "own", seed=1).artifacts.get(path="model.safetensors")
    project_delete(project=cast.project)
    leftovers_find()
    later()
    removed = {left.sha256 for left in leftovers_remove()}
    assert own.sha256 in removed
    assert removed.isdisjoint(shared.artifacts.values_list("sha256", flat=True))
    assert {check.problem for check in version_check(shared)} == {None}


def test_a_file_sent_for_a_push_that_never_came_is_kept_for_a_day(
    cast: Cast, tmp_path: Path
) -> None:
    version = publish(cast.project, tmp_path / "m")
    sent = tmp_path / "sent"
    sent.write_bytes(b"x")
    oid = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    upload_keep(reranker=version.reranker, path=sent, sha256=oid, size=1, created_by=None)
    assert leftovers_find() == []
    Upload.objects.update(created_at=F("created_at") - KEPT_FOR - timedelta(minutes=1))
    (left,) = leftovers_find()
    assert (left.sha256, left.due) == (oid, False)
    assert Version.objects.count() == 1


@pytest.mark.parametrize("hours", ["0", "-5"])
def test_nothing_goes_within_the_hour(cast: Cast, tmp_path: Path, hours: str) -> None:
    stray(tmp_path)
    told()
    assert "0 files" in told("--yes", "--hours", hours)
