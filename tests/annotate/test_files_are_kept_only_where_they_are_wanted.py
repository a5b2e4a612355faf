"""A file goes to disk only where an import wants it, from somebody known, within the limit."""

import resource
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from annotate.models import Import
from annotate.services.importing import import_file
from tests.factory import PASSWORD, Cast, bearer

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/projects/library/imports/"
PAGE = "/projects/library/imports/"
FORM = {"format_name": "auto", "on_conflict": "refuse"}
LARGE = 3 << 20
NEXT_TO_NOTHING = 1 << 16  # for what pytest itself notes down


def large() -> SimpleUploadedFile:
    return SimpleUploadedFile("large.jsonl", b"x" * LARGE)


def logged_in(cast: Cast) -> Client:
    client = Client()
    assert client.login(username=cast.manager.username, password=PASSWORD)
    return client


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("path", ["/accounts/login/", PAGE, API, "/tokens/", "/none/such/"])
def test_nobody_without_an_account_writes_to_disk(cast: Cast, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["csrftoken"] = "a" * 32
    with files_of_at_most(NEXT_TO_NOTHING):
        for client in (Client(), strict):
            assert client.post(path, {"file": large()}).status_code in (200, 302, 401, 403, 404)


def test_a_form_that_expects_no_file_keeps_none(cast: Cast) -> None:
    form = {"name": "ci", "scope": "read", "days": "", "file": large()}
    with files_of_at_most(NEXT_TO_NOTHING):
        assert logged_in(cast).post("/tokens/", form).status_code == 200
    assert cast.manager.tokens.filter(name="ci").exists()


def test_the_limit_holds_while_a_file_comes_in(cast: Cast, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 1 << 20
    with files_of_at_most(1 << 20):  # not a byte more is written
        page = logged_in(cast).post(PAGE, {"file": large(), **FORM})
        answer = Client().post(API, {"file": large()}, **bearer(cast.manager))
    assert "A file has at most 1 MiB." in page.content.decode()
    assert "This field is required" not in page.content.decode()
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {"file": ["A file has at most 1 MiB."]},
    )
    assert not Import.objects.exists()
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_what_is_announced_as_too_large_is_not_begun(cast: Cast, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 1 << 20
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
    with files_of_at_most(NEXT_TO_NOTHING):
        answer = Client().post(API, {"file": large()}, **bearer(cast.manager))
    assert answer.status_code == 400
    assert "file" in answer.json()["errors"]


def test_several_files_share_the_limit(cast: Cast, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 4 << 20
    answer = Client().post(API, {"file": [large(), large()]}, **bearer(cast.manager))
    assert answer.status_code == 400
    page = logged_in(cast).post(PAGE, {"file": [large(), large()], **FORM})
    assert "A file has at most 4 MiB." in page.content.decode()
    assert not Import.objects.exists()


def test_a_disk_that_is_full_is_told_and_logged(
    cast: Cast, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with files_of_at_most(1 << 20):
        answer = Client().post(API, {"file": large()}, **bearer(cast.manager))
        page = logged_in(cast).post(PAGE, {"file": large(), **FORM})
    assert (answer.status_code, answer["Content-Type"]) == (507, "application/problem+json")
    assert answer.json()["title"] == "Insufficient Storage"
    assert "could not store this file" in answer.json()["detail"]
    assert page.status_code == 200
    assert "could not store this file" in page.content.decode()
    assert "File too large" in caplog.text  # the system's own words
    assert not Import.objects.exists()
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_a_store_that_cannot_be_used_is_told(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "elsewhere"
    (tmp_path / "default").write_text("in the way")
    small = SimpleUploadedFile("a.jsonl", b'{"query": "q", "passage": "p"}\n')
    answer = Client().post(API, {"file": small}, **bearer(cast.manager))
    assert (answer.status_code, answer["Content-Type"]) == (507, "application/problem+json")
    small.seek(0)
    page = logged_in(cast).post(PAGE, {"file": small, **FORM})
    assert "could not store this file" in page.content.decode()
    assert not Import.objects.exists()


def test_an_upload_is_for_our_user_alone(cast: Cast, tmp_path: Path) -> None:
    answer = logged_in(cast).post(PAGE, {"file": large(), **FORM})
    assert answer.status_code == 302
    store = tmp_path / "default"
    (kept,) = (path for path in store.rglob("*") if path.is_file())
    assert (kept.stat().st_size, stat.S_IMODE(kept.stat().st_mode)) == (LARGE, 0o600)
    folders = [store, *(path for path in store.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_what_must_be_unpacked_lies_below_the_data_folder(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"query": ["q"], "passage": ["p"]})
    with pa.CompressedOutputStream(tmp_path / "a.parquet.gz", "gzip") as out:
        pq.write_table(table, out)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none such"))  # a /tmp that is full
    done = import_file(project=cast.project, path=tmp_path / "a.parquet.gz")
    assert (done.status, done.errors) == ("succeeded", [])
    assert stat.S_IMODE((tmp_path / "scratch").stat().st_mode) == 0o700
