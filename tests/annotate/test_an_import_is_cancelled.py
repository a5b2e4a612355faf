"""An import that is not finished can be cancelled; nothing of it is stored then."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connections
from django.test import Client

from annotate.importing import holds, load
from annotate.models import Candidate, Import
from annotate.services.importing import import_run
from tests.annotate.import_files import pair, write
from tests.annotate.test_import_survives_kills import big, kept
from tests.factory import PASSWORD, Cast, bearer
from tests.processes import process, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/projects/library/imports/"

# A worker that has read a block, and does not get on with the next.
STUCK = """
import time
import django; django.setup()
from annotate.importing import staging
from annotate.importing.progress import Progress
from annotate.services import import_attempts, importing
staging._ROWS = 1_000
import_attempts.RESUMABLE_BYTES = 0
def stuck(progress, rows, share):
    while True:
        progress._read(rows, share)
        time.sleep(0.05)
Progress.read = stuck
importing.import_run(import_id={pk})
"""


def test_a_waiting_import_is_never_read(client: Client, cast: Cast, tmp_path: Path) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    answer = client.post(f"{PATH}{row.pk}/cancel/", **bearer(cast.manager))
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    row.refresh_from_db()
    assert (row.path, row.finished) == ("", True)
    assert not any(path.is_file() for path in (tmp_path / "default").rglob("*"))
    import_run(import_id=row.pk)
    assert Candidate.objects.count() == 0
    again = client.post(f"{PATH}{row.pk}/cancel/", **bearer(cast.manager))
    assert (again.status_code, again.json()["status"]) == (409, 409)


def test_a_worker_that_reads_stops(
    client: Client, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    row = kept(cast.project, big(tmp_path / "big.jsonl", 3_000))
    with process("-c", STUCK.format(pk=row.pk)) as worker:
        wait_for(lambda: Import.objects.get().rows_read > 0)
        assert holds() == {row.pk}
        shown = client.get(f"{PATH}{row.pk}/", **bearer(cast.viewer)).json()
        assert (shown["status"], shown["phase"]) == ("running", "reading")
        assert (shown["rows_read"], 0 < shown["read_share"] <= 1) == (1_000, True)
        assert shown["seconds_left"] > 0
        client.login(username=cast.manager.username, password=PASSWORD)
        page = f"/projects/library/imports/{row.pk}/"
        running = client.get(page).content.decode()
        assert "Reading the file" in running
        assert "left." in running
        assert client.post(f"{page}cancel/").status_code == 302
        assert worker.wait(60) == 0
    assert not holds()
    assert Candidate.objects.count() == 0
    assert not storages["default"].exists(row.path)
    cancelled = client.get(page).content.decode()
    assert "nothing of the file was stored" in cancelled
    assert "Cancel the import" not in cancelled
    assert client.post(f"{page}cancel/").status_code == 302  # too late, and shown so


def test_one_that_is_just_stored_is_not_stored_after_all(
    client: Client, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last moment: all statements have run, and the commit has not."""
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    store = load._store

    def elsewhere(*given: Any) -> None:
        store(*given)
        thread = threading.Thread(target=cancel)
        thread.start()
        thread.join()

    def cancel() -> None:
        try:
            client.post(f"{PATH}{row.pk}/cancel/", **token)
        finally:
            connections.close_all()

    token = bearer(cast.manager)
    monkeypatch.setattr(load, "_store", elsewhere)
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.path, row.rows_created) == ("cancelled", "", 0)
    assert Candidate.objects.count() == 0


def test_who_may_cancel(client: Client, cast: Cast) -> None:
    row = Import.objects.create(project=cast.project, name="a", source_name="a")
    path, page = f"{PATH}{row.pk}/cancel/", f"/projects/library/imports/{row.pk}/cancel/"
    assert client.post(path).status_code == 401
    assert client.post(path, **bearer(cast.reviewer)).status_code == 403
    assert client.post(path, **bearer(cast.outsider)).status_code == 404
    assert client.get(path, **bearer(cast.manager)).status_code == 405
    assert client.post(f"{PATH}{row.pk + 1}/cancel/", **bearer(cast.manager)).status_code == 404
    assert client.post(page).status_code == 302
    for person, status in ((cast.viewer, 403), (cast.outsider, 404)):
        client.login(username=person.username, password=PASSWORD)
        assert client.post(page).status_code == status
    client.login(username=cast.manager.username, password=PASSWORD)
    assert client.get(page).status_code == 405
    assert Import.objects.get().status == "queued"
