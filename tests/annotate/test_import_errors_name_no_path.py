"""Where a file lies on the server is for its log; people read what went wrong."""

import logging
import socket
from pathlib import Path

import pytest
from django.core.files.storage import storages

from annotate.services.importing import import_run
from tests.annotate.import_files import pair, write
from tests.annotate.test_import_survives_kills import kept
from tests.factory import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_that_cannot_be_opened_is_told_without_its_path(
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    path = Path(storages["default"].path(row.path))
    path.unlink()
    monkeypatch.chdir(path.parent)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as nobody, caplog.at_level(logging.ERROR):
        nobody.bind(path.name)
        import_run(import_id=row.pk)
    row.refresh_from_db()
    assert row.status == "failed"
    message = row.errors[0]["message"]
    assert message == "a.jsonl could not be read or stored: No such device or address."
    assert str(path) in caplog.text


def test_an_upload_that_is_gone_says_what_to_do(cast: Cast, tmp_path: Path) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    Path(storages["default"].path(row.path)).unlink()
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert row.errors[0]["message"].endswith("the uploaded file is gone; upload it again")
