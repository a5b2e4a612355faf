"""With the broker down an import and a snapshot are taken all the same; beat rings later."""

import pytest
from celery import Celery
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError
from django.test import Client

from annotate.models import Import, Snapshot
from annotate.services.bell import IMPORT, SNAPSHOT
from annotate.services.importing import import_create, import_run, imports_requeue
from annotate.services.snapshots import snapshots_requeue
from tests.annotate.bells import bells_taken
from tests.factory import Cast, bearer

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/projects/library"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take the broker away; `undo` brings it back."""
    bells_taken()
    app = Celery("away", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    # The environment, which names the tests' broker, comes before an application's settings.
    monkeypatch.setenv("CELERY_BROKER_URL", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr("annotate.services.bell.current_app", app)
    return monkeypatch


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jsonl", b'{"query": "q", "passage": "p", "label": 1}\n')


def kept_files() -> list[str]:
    return storages["default"].listdir("imports")[1]


def test_an_import_waits_with_its_file(
    client: Client, cast: Cast, away: pytest.MonkeyPatch
) -> None:
    answer = client.post(f"{API}/imports/", {"file": a_file()}, **bearer(cast.owner))
    assert answer.status_code == 202, answer.content
    row = Import.objects.get()
    assert (row.status, kept_files()) == ("queued", [row.path.removeprefix("imports/")])
    away.undo()
    imports_requeue()
    assert bells_taken() == [(IMPORT, row.pk)]
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.errors) == ("succeeded", [])


def test_a_snapshot_waits(client: Client, cast: Cast, away: pytest.MonkeyPatch) -> None:
    answer = client.post(f"{API}/snapshots/", {}, "application/json", **bearer(cast.owner))
    assert answer.status_code == 202, answer.content
    row = Snapshot.objects.get()
    assert row.status == "queued"
    away.undo()
    snapshots_requeue()
    assert bells_taken() == [(SNAPSHOT, row.pk)]


@pytest.mark.parametrize(("error", "left"), [(DatabaseError, 0), (OperationalError, 1)])
def test_an_upload_goes_only_where_its_row_surely_is_not_there(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: type[Exception], left: int
) -> None:
    def refuse(**fields: object) -> Import:
        raise error

    monkeypatch.setattr(Import.objects, "create", refuse)
    with pytest.raises(error):
        import_create(project=cast.project, name="a.jsonl", upload=a_file(), created_by=None)
    assert len(kept_files()) == left
