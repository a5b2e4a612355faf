"""A folder, a zip, another hub: through the gate, as the next version; what is wrong is refused."""

import io
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.blobs import blob_chunks, blobs_stored
from models_app.models import Alias, Reranker, Version
from tests.factory import Cast, bearer
from tests.models_app.published import make_public, model_folder, publish
from tests.processes import ROOT, environment, web_part

VERSIONS = "/api/v1/rerankers/library/theirs/versions/"


def zipped(files: Mapping[str, bytes], **packing: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def model_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in model_folder(folder).iterdir()}


def send(client: Client, cast: Cast, data: bytes) -> Any:
    upload = SimpleUploadedFile("theirs.zip", data, content_type="application/zip")
    return client.post(VERSIONS, {"file": upload}, **bearer(cast.manager))


def test_a_zip_becomes_a_version_and_no_alias_moves(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    files = model_files(tmp_path / "m")
    inside = {f"theirs/{name}": content for name, content in files.items()}
    junk = {"__MACOSX/theirs/._config.json": b"x"}
    for number, content in enumerate((files, {**inside, **junk}), start=1):
        answer = send(client, cast, zipped(content))
        assert answer.status_code == 201, answer.content
        found = answer.json()
        assert (found["version"], found["job"]) == (number, None)
        assert found["lineage"]["origin"] == {"how": "zip", "message": "theirs.zip"}
        assert {file["path"] for file in found["files"]} == {*files, "README.md"}
    assert not Alias.objects.exists()
    again: Any = client.get(f"{VERSIONS}2/archive/", **bearer(cast.viewer))
    third = send(client, cast, b"".join(again.streaming_content))
    assert third.json()["version"] == 3  # our own archive, whose list of files is none of the model


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../evil.json", b"{}", "does not lead to a file"),
        ("a/../../evil.json", b"{}", "does not lead to a file"),
        ("/etc/evil.json", b"{}", "does not lead to a file"),
        ("pytorch_model.bin", b"\x80\x04N.", "pickles run code"),
        ("modeling.py", b"import os", "code is never published"),
        ("a\\b.json", b"{}", "not every system can store"),
        (".hidden.json", b"{}", "hidden files"),
        ("Config.json", b"{}", "differs from"),
        ("config.json/a.json", b"{}", "a file and a folder"),
        ("README.md", b"<script>alert(1)</script>", "<script>"),
    ],
)
def test_what_the_gate_refuses_in_a_zip_is_nowhere_afterwards(
    client: Client, cast: Cast, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    known = set(blobs_stored())
    answer = send(client, cast, zipped({**model_files(tmp_path / "m"), name: content}))
    assert answer.status_code == 400
    assert said in str(answer.json()["errors"]), answer.json()
    assert not Version.objects.exists()
    assert not Reranker.objects.exists()
    assert set(blobs_stored()) == known
    assert not list(tmp_path.rglob("evil.json"))


def test_a_link_in_a_zip_is_refused(client: Client, cast: Cast, tmp_path: Path) -> None:
    out = io.BytesIO(zipped(model_files(tmp_path / "m")))
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("secrets.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    answer = send(client, cast, out.getvalue())
    assert answer.status_code == 400
    assert "symbolic links" in str(answer.json())


def test_a_bomb_goes_off_nowhere(
    client: Client, cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    settings.IMPORT_MAX_BYTES = 300_000
    bomb = zipped(
        {**model_files(tmp_path / "m"), "tokenizer.json": bytes(3_000_000)},
        compression=zipfile.ZIP_DEFLATED,
    )
    assert len(bomb) < 20_000
    answer = send(client, cast, bomb)
    assert answer.status_code == 400
    assert "Unpacked it has more than 300,000 bytes" in str(answer.json())
    many = zipped({f"{row}.txt": b"" for row in range(1_001)})
    assert "at most 1,000" in str(send(client, cast, many).json())
    assert not Version.objects.exists()


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + b"x" * 100])
def test_what_is_no_zip_is_refused_in_words(client: Client, cast: Cast, data: bytes) -> None:
    answer = send(client, cast, data)
    assert answer.status_code == 400
    assert answer.json()["errors"]["file"]


def test_a_damaged_zip_is_refused(client: Client, cast: Cast, tmp_path: Path) -> None:
    data = bytearray(zipped(model_files(tmp_path / "m")))
    data[data.index(b'"model_type"') + 3] ^= 1
    answer = send(client, cast, bytes(data))
    assert answer.status_code == 400
    assert "no zip that can be read" in str(answer.json())


def test_a_forged_zip_is_refused_in_words(client: Client, cast: Cast, tmp_path: Path) -> None:
    """Deflated bytes that are none, and entries that lie before the zip's beginning."""
    whole = zipped(model_files(tmp_path / "m"), compression=zipfile.ZIP_DEFLATED)
    start = whole.index(b"model.safetensors") + len(b"model.safetensors")
    garbled = whole[:start] + b"\xff" * 20 + whole[start + 20 :]
    outside = bytearray(whole)
    for at in range(len(whole) - 50):
        if whole[at : at + 4] == b"PK\x01\x02":
            outside[at + 42 : at + 46] = b"\xff\xff\xff\x7f"
    for data in (garbled, bytes(outside), whole[:-10], whole[20:]):
        answer = send(client, cast, data)
        assert answer.status_code == 400, answer.content
    assert not Version.objects.exists()


def test_only_who_manages_the_project_imports(client: Client, cast: Cast, tmp_path: Path) -> None:
    data = zipped(model_files(tmp_path / "m"))
    for user, status in ((cast.viewer, 403), (cast.reviewer, 403), (cast.outsider, 404)):
        upload = SimpleUploadedFile("theirs.zip", data)
        assert client.post(VERSIONS, {"file": upload}, **bearer(user)).status_code == status
    assert client.post(VERSIONS, {"file": SimpleUploadedFile("x.zip", data)}).status_code == 401
    assert not Reranker.objects.exists()


def test_the_page_takes_a_zip_and_says_what_is_wrong_with_one(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    path = "/projects/library/rerankers/"
    files = model_files(tmp_path / "m")
    client.force_login(cast.manager)

    def post(name: str, content: Mapping[str, bytes]) -> Any:
        upload = SimpleUploadedFile("theirs.zip", zipped(content))
        return client.post(path, {"name": name, "file": upload})

    assert post("theirs", files)["Location"] == "/library/theirs/versions/1/"
    wrong = post("theirs", {**files, "modeling.py": b"x"}).content.decode()
    assert "code is never published" in wrong
    assert '<details class="section" open>' in wrong
    assert "letter or digit at both ends" in post("-x-", files).content.decode()
    assert Version.objects.count() == 1
    client.force_login(cast.viewer)
    assert "Import a model" not in client.get(path).content.decode()
    assert post("theirs", files).status_code == 403
    client.force_login(cast.outsider)
    assert post("theirs", files).status_code == 404


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("import_model", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_imports_folders_and_zips(cast: Cast, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "theirs")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n\n# Theirs\n")
    packed = tmp_path / "theirs.zip"
    packed.write_bytes(zipped({path.name: path.read_bytes() for path in folder.iterdir()}))
    first = told("library/theirs", str(folder), "--user", cast.manager.username)
    second = told("library/theirs", str(packed))
    versions = list(Version.objects.order_by("number"))
    assert [first, second] == [f"{each} {each.revision}\n" for each in versions]
    assert versions[0].lineage["origin"] == {"how": "folder", "message": "theirs"}
    assert (versions[0].created_by, versions[1].created_by) == (cast.manager, None)
    card = versions[1].artifacts.get(path="README.md")
    assert b"# Theirs" in b"".join(blob_chunks(card.sha256))
    (folder / "link.json").symlink_to("/etc/passwd")
    for wrong in (
        ("library/theirs", str(folder)), ("none/theirs", str(packed)),
        ("library/theirs", str(packed), "--user", "nobody"), ("library/--x", str(packed)),
    ):  # fmt: skip
        with pytest.raises(CommandError):
            told(*wrong)
    assert Version.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_model_of_another_hub_is_fetched_by_its_commit(cast: Cast, tmp_path: Path) -> None:
    source = publish(cast.project, tmp_path / "m", name="open", by=cast.manager)
    make_public(source.reranker)
    with web_part() as (host, port):
        given = {
            **environment(),
            "HF_ENDPOINT": f"http://{host}:{port}",
            "HF_HUB_OFFLINE": "0",
            "HF_HOME": str(tmp_path / "hf"),
        }

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "manage.py", "import_model", "library/copy", *arguments],
                cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip

        done = run("library/open", "--revision", "v1")
        assert done.returncode == 0, done.stderr
        missing = run("library/none")
    copy = Version.objects.get(reranker__name="copy")
    assert copy.lineage["origin"] == {"how": "hub", "message": f"library/open@{source.revision}"}
    assert dict(copy.artifacts.values_list("path", "sha256")) == dict(
        source.artifacts.values_list("path", "sha256")
    )
    assert missing.returncode == 1
    assert "library/none cannot be had" in missing.stderr
