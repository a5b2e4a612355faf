"""Uploaded files that no import names any more leave the disk; those that wait stay."""

import os
import time
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounts.services import project_create, project_delete
from annotate.importing.uploads import upload_keep
from annotate.models import Import
from annotate.services.importing import ORPHAN_SECONDS, import_create
from annotate.tasks import uploads_sweep
from tests.factory import Cast


def aged(name: str, seconds: float = ORPHAN_SECONDS + 60) -> Path:
    path = Path(storages["default"].path(name))
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


def asked(cast: Cast) -> Import:
    file = ContentFile(b"query,passage\na,b\n", name="a.csv")
    return import_create(project=cast.project, name="a.csv", upload=file, created_by=cast.owner)


def test_what_belongs_to_no_import_goes_after_a_day(cast: Cast) -> None:
    waiting = aged(asked(cast).path)
    orphan = aged(upload_keep(ContentFile(b"left by a crash", name="x")))
    fresh = aged(upload_keep(ContentFile(b"its row is yet to come", name="y")), seconds=3600)
    uploads_sweep()
    assert waiting.exists()
    assert fresh.exists()
    assert not orphan.exists()


def test_the_uploads_of_a_deleted_project_go(cast: Cast) -> None:
    other = project_create(slug="other", name="Other", owner=cast.owner)
    file = ContentFile(b"query,passage\na,b\n", name="a.csv")
    row = import_create(project=other, name="a.csv", upload=file, created_by=cast.owner)
    path = aged(row.path)
    project_delete(project=other)
    uploads_sweep()
    assert not path.exists()


def test_an_installation_without_uploads_has_nothing_to_sweep(cast: Cast) -> None:
    uploads_sweep()
    assert not Import.objects.exists()
