"""Files are imported through the API; the answer is an import to ask for."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from annotate.models import Candidate, Import, Judgment, Source
from annotate.services.importing import import_run
from tests.annotate.import_files import contents
from tests.factory import PASSWORD, Cast, bearer

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/projects/library/imports/"
PAIRS = b'{"query": "q", "passage": "p", "label": 1}\n{"query": "q", "passage": "r", "label": 0}\n'


def upload(content: bytes = PAIRS, name: str = "pairs.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def imported(client: Client, cast: Cast, **fields: Any) -> dict[str, Any]:
    """Send a file, let a worker's function run it, and return what the API then shows."""
    answer = client.post(PATH, {"file": upload(), **fields}, **bearer(cast.manager))
    assert answer.status_code == 202, answer.content
    assert answer.json()["status"] == "queued"
    number = answer.json()["id"]
    assert isinstance(number, str)
    import_run(import_id=int(number))
    shown: dict[str, Any] = client.get(f"{PATH}{number}/", **bearer(cast.manager)).json()
    return shown


def test_a_file_is_kept_then_read_then_removed(client: Client, cast: Cast) -> None:
    answer = client.post(PATH, {"file": upload()}, **bearer(cast.manager))
    kept = Import.objects.get(pk=answer.json()["id"])
    assert storages["default"].open(kept.path).read() == PAIRS
    import_run(import_id=kept.pk)
    assert not storages["default"].exists(kept.path)
    shown = client.get(f"{PATH}{kept.pk}/", **bearer(cast.viewer)).json()
    assert shown["status"] == "succeeded"
    counts = ("rows_read", "rows_created", "rows_unchanged", "rows_repeated")
    assert [shown[name] for name in counts] == [2, 2, 0, 0]
    assert shown["created"] == {
        "queries": 1, "passages": 2, "texts": 2, "candidates": 2, "judgments": 2,
    }  # fmt: skip
    assert (shown["errors"], shown["format"], shown["source"]) == ([], "jsonl", "pairs")
    assert shown["name"] == "pairs.jsonl"
    assert shown["seconds"] > 0
    assert shown["created_by"] == cast.manager.username
    assert Judgment.objects.filter(person=None, source__name="pairs").count() == 2
    listed = client.get(PATH, **bearer(cast.viewer)).json()["results"]
    assert listed == [shown]


def test_every_wish_is_heard(client: Client, cast: Cast) -> None:
    file = gzip.compress(b"frage;absatz;urteil\nwas;das;gut\nwas;dies;schlecht\nwas;das;schlecht\n")
    shown = imported(
        client,
        cast,
        file=upload(file, "fragen.csv.gz"),
        format="csv",
        source="Redaktion",
        mapping=json.dumps({"query": "frage", "passage": "absatz", "label": "urteil"}),
        label_names=json.dumps({"gut": 1, "schlecht": 0}),
        on_conflict="last",
    )
    assert (shown["status"], shown["errors"]) == ("succeeded", [])
    assert Source.objects.get().name == "Redaktion"
    assert set(Judgment.objects.values_list("grade__value", flat=True)) == {0}
    assert Candidate.objects.count() == 2


def test_a_bad_file_fails_with_line_and_field(client: Client, cast: Cast) -> None:
    before = contents()
    bad = PAIRS + b'{"query": "q", "passage": "p", "label": 0}\n'
    shown = imported(client, cast, file=upload(bad))
    assert shown["status"] == "failed"
    (error,) = shown["errors"]
    assert (error["line"], error["field"], error["member"]) == (3, "label", None)
    after = contents()
    assert {name for name in after if after[name] != before[name]} <= {"accounts_token"}
    assert Import.objects.get().path == ""


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"format": "docx"}, "format"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": '{"colour": "x"}'}, "mapping"),
        ({"mapping": '{"query": 3}'}, "mapping"),
        ({"label_names": '{"good": 9}'}, "label_names"),
        ({"on_conflict": "maybe"}, "on_conflict"),
        ({"source": "s" * 121}, "source"),
        ({"file": ""}, "file"),
    ],
)
def test_bad_wishes_are_named_by_field(
    client: Client, cast: Cast, fields: dict[str, Any], named: str
) -> None:
    answer = client.post(PATH, {"file": upload(), **fields}, **bearer(cast.owner))
    assert answer.status_code == 400
    assert named in answer.json()["errors"]
    assert not Import.objects.exists()


def test_an_upload_beyond_the_limit_is_refused(
    client: Client, cast: Cast, settings: Settings
) -> None:
    settings.IMPORT_MAX_BYTES = 10
    answer = client.post(PATH, {"file": upload()}, **bearer(cast.owner))
    assert answer.status_code == 400
    assert "file" in answer.json()["errors"]


def test_what_unpacks_beyond_the_limit_is_refused(
    client: Client, cast: Cast, settings: Settings
) -> None:
    settings.IMPORT_MAX_BYTES = 600_000
    packed = gzip.compress(PAIRS + b'{"query": "q", "passage": "' + b"x" * 900_000 + b'"}\n')
    shown = imported(client, cast, file=upload(packed, "pairs.jsonl.gz"))
    assert (shown["status"], shown["error_count"]) == ("failed", 1)
    settings.IMPORT_MAX_BYTES = 1_200_000
    shown = imported(client, cast, file=upload(packed, "pairs.jsonl.gz"))
    assert (shown["status"], shown["errors"]) == ("succeeded", [])


def test_an_upload_is_on_disk_with_its_folders_before_the_answer(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    sync = os.fsync

    def noted(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        sync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    answer = client.post(PATH, {"file": upload()}, **bearer(cast.owner))
    assert answer.status_code == 202
    kept = Path(storages["default"].path(Import.objects.get().path))
    store = Path(storages["default"].path(""))
    assert kept.parent.parent == store
    wanted = {path.stat().st_ino for path in (kept, kept.parent, store, store.parent)}
    assert wanted <= synced


def test_who_may_import_and_who_may_see(client: Client, cast: Cast) -> None:
    number = client.post(PATH, {"file": upload()}, **bearer(cast.owner)).json()["id"]
    assert client.get(f"{PATH}{number}/", **bearer(cast.annotator)).status_code == 200
    assert client.post(PATH, {"file": upload()}).status_code == 401
    assert client.get(PATH).status_code == 401
    assert client.post(PATH, {"file": upload()}, **bearer(cast.reviewer)).status_code == 403
    assert client.post(PATH, {"file": upload()}, **bearer(cast.outsider)).status_code == 404
    for path in (PATH, f"{PATH}{number}/"):
        assert client.get(path, **bearer(cast.outsider)).status_code == 404
    elsewhere = "/api/v1/projects/library-elsewhere/imports/"
    assert client.get(f"{elsewhere}{number}/", **bearer(cast.outsider)).status_code == 404
    assert client.put(PATH, {}, **bearer(cast.owner)).status_code == 405
    assert client.delete(f"{PATH}{number}/", **bearer(cast.owner)).status_code == 405


PAGES = "/projects/library/imports/"


def test_the_pages_take_a_file_and_show_what_came_of_it(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    fields = {"format_name": "auto", "on_conflict": "refuse", "label_names": "yes = 1\nno=0"}
    words = PAIRS.replace(b'"label": 1', b'"label": "yes"')
    sent = client.post(PAGES, {"file": upload(words), **fields})
    row = Import.objects.get()
    assert sent.status_code == 302
    assert sent["Location"] == f"{PAGES}{row.pk}/"
    waiting = client.get(f"{PAGES}{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" in waiting
    assert "<html" not in waiting
    import_run(import_id=row.pk)
    done = client.get(f"{PAGES}{row.pk}/").content.decode()
    assert "Succeeded" in done
    assert 'hx-trigger="every' not in done
    assert "pairs.jsonl" in client.get(PAGES).content.decode()


def test_a_form_that_is_wrong_says_so(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    fields = {"file": upload(), "format_name": "auto", "on_conflict": "refuse"}
    for wrong, words in (
        ({"mapping": "no equals sign"}, "Write each line as name = value"),
        ({"mapping": "colour = x"}, "which is no field"),
        ({"label_names": "good = very"}, "has to be a number"),
        ({"label_names": "good = ²"}, "has to be a number"),
        ({"label_names": "good = " + "9" * 5_000}, "has to be a number, and not too large"),
    ):
        answer = client.post(PAGES, {**fields, **wrong, "file": upload()})
        assert answer.status_code == 200
        assert words in answer.content.decode()
    assert not Import.objects.exists()


def test_who_sees_the_pages(client: Client, cast: Cast) -> None:
    row = Import.objects.create(project=cast.project, name="a", source_name="a")
    for path in (PAGES, f"{PAGES}{row.pk}/"):
        assert client.get(path).status_code == 302
        client.login(username=cast.viewer.username, password=PASSWORD)
        assert client.get(path).status_code == 200
        assert "Import a file" not in client.get(path).content.decode()
        client.login(username=cast.outsider.username, password=PASSWORD)
        assert client.get(path).status_code == 404
        client.logout()
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.post(PAGES, {"file": upload()}).status_code == 403
    assert client.post(f"{PAGES}{row.pk}/").status_code == 405
    assert client.put(PAGES).status_code == 405
