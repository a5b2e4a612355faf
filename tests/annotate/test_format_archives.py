"""gzip and zip wrap any format; archives that are unsafe, too big or unknown are refused."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from annotate.formats import Limits, open_rows
from tests.annotate.format_files import drained, failure, jsonl, pairs, read, write, zipped

ROW = jsonl({"query": "q", "passage": "p"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", ROW), ("a.csv", "query,passage\nq,p\n"), ("a.tsv", "query\tpassage\nq\tp\n"),
        ("topics.txt", "1\tq\n"), ("a.run", "1 Q0 d 1 0.5 r\n"), ("qrels", "1 0 d 1\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pack", ["gzip", "zip", "zip of gzip"])
def test_any_format_may_be_packed(tmp_path: Path, name: str, content: str, pack: str) -> None:
    plain = read(write(tmp_path, name, content))
    packed = gzip.compress(content.encode())
    if pack != "gzip":
        packed = zipped({name: content if pack == "zip" else packed, "__MACOSX/._a": "x"})
    found = read(write(tmp_path, f"{name}.packed", packed), name=f"{name}.gz")
    assert [type(item) for item in found] == [type(item) for item in plain]
    assert [item.line for item in found] == [1 if "csv" not in name else 2 for _ in found] or (
        name == "a.tsv"
    )


def test_the_wrapping_is_said(tmp_path: Path) -> None:
    with open_rows(write(tmp_path, "a", gzip.compress(ROW.encode()))) as stream:
        assert stream.description == "pairs in JSON Lines, gzip"
    with open_rows(write(tmp_path, "a", zipped({"x/a.jsonl": ROW}))) as stream:
        assert stream.description == "pairs in JSON Lines, zip"
        assert [item.member for item in stream] == ["x/a.jsonl"]


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_an_archive_bomb_stops_at_the_limit(tmp_path: Path, pack: str) -> None:
    content = ROW * 100_000
    packed = gzip.compress(content.encode()) if pack == "gzip" else zipped({"a.jsonl": content})
    path = write(tmp_path, "a", packed)
    error = failure(path, limits=Limits(total_bytes=100_000))
    assert error.field == "file"
    assert "100,000 bytes" in error.message
    assert len(pairs(path)) == 100_000


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.jsonl": ROW * 100_000}))
    at = packed.index(b"PK\x01\x02") + 24  # the size in the list of entries
    packed[at : at + 4] = (50).to_bytes(4, "little")
    error = failure(write(tmp_path, "a.zip", bytes(packed)))
    assert "damaged" in error.message


def test_parts_share_one_limit(tmp_path: Path) -> None:
    corpus = jsonl(*({"_id": n, "text": "x" * 100} for n in range(400)))
    queries = jsonl(*({"_id": n, "text": "x" * 100} for n in range(400)))
    folder = tmp_path / "beir"
    folder.mkdir()
    write(folder, "corpus.jsonl", corpus)
    write(folder, "queries.jsonl", queries)
    error = failure(folder, limits=Limits(total_bytes=60_000))
    assert error.member == "corpus.jsonl"
    assert "60,000 bytes" in error.message


@pytest.mark.parametrize("name", ["../a.jsonl", "/a.jsonl", "x/../../a.jsonl", "C:/a.jsonl"])
def test_names_that_point_outside(tmp_path: Path, name: str) -> None:
    error = failure(write(tmp_path, "a.zip", zipped({name: ROW})))
    assert error.member == name
    assert "points outside" in error.message


def test_links_in_a_zip(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.jsonl")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    error = failure(tmp_path / "a.zip")
    assert (error.member, error.field) == ("a.jsonl", "file")
    assert "link" in error.message


def test_encrypted_and_oddly_packed_entries(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.jsonl": ROW}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in failure(write(tmp_path, "a.zip", bytes(packed))).message
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.jsonl", ROW)
    assert "use Deflate" in failure(tmp_path / "b.zip").message


def test_too_many_members(tmp_path: Path) -> None:
    path = write(tmp_path, "a.zip", zipped({f"{n}": "x" for n in range(20)}))
    assert "20 files" in failure(path, limits=Limits(members=10)).message


def test_a_zip_of_several_files_lists_them(tmp_path: Path) -> None:
    error = failure(write(tmp_path, "a.zip", zipped({"a.jsonl": ROW, "b.jsonl": ROW})))
    assert "a.jsonl, b.jsonl" in error.message
    assert "corpus.jsonl" in error.message


def test_an_empty_zip(tmp_path: Path) -> None:
    assert "holds no file" in failure(write(tmp_path, "a.zip", zipped({}))).message


@pytest.mark.parametrize("cut", [10, 60])
def test_a_truncated_zip(tmp_path: Path, cut: int) -> None:
    error = failure(write(tmp_path, "a.zip", zipped({"a.jsonl": ROW})[:-cut]))
    assert error.field == "file"
    assert "damaged" in error.message


def test_a_zip_with_a_damaged_member_names_it(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.jsonl": ROW * 10}))
    packed[45] ^= 0xFF
    error = failure(write(tmp_path, "a.zip", bytes(packed)))
    assert error.member == "a.jsonl"
    assert "damaged" in error.message


def test_archives_that_are_not_opened_say_what_to_do(tmp_path: Path) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.jsonl"), io.BytesIO())
    told = {
        bz2.compress(ROW.encode()): "bzip2",
        lzma.compress(ROW.encode()): "xz",
        b"\x28\xb5\x2f\xfdxx": "Zstandard",
        gzip.compress(tar.getvalue()): "tar archive",
        tar.getvalue(): "tar archive",
        gzip.compress(gzip.compress(ROW.encode())): "gzip twice",
        zipped({"a.zip": zipped({"a.jsonl": ROW})}): "zip within",
        zipped({"[Content_Types].xml": "", "xl/sheet1.xml": ""}): "office document",
    }
    for content, message in told.items():
        assert message in failure(write(tmp_path, "a.jsonl", content)).message


def test_a_forged_place_in_a_zip(tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.jsonl": ROW}))
    at = packed.index(b"PK\x05\x06") + 16  # where the list of entries starts
    packed[at : at + 4] = (2**31 - 1).to_bytes(4, "little")
    error = failure(write(tmp_path, "a.zip", bytes(packed)))
    assert error.field == "file"
    assert "damaged" in error.message


def test_a_forged_list_of_entries_is_not_read(tmp_path: Path) -> None:
    count = 40 * 1024 * 1024
    packed = zipped({"a.jsonl": ROW})
    start = packed.index(b"PK\x01\x02")
    end = bytearray(packed[packed.index(b"PK\x05\x06") :])
    end[12:16] = count.to_bytes(4, "little")
    path = write(tmp_path, "a.zip", packed[:start] + b"\0" * count + bytes(end))
    error, held = drained(path)
    assert "list of entries is longer than 16 MiB" in error.message
    assert held < 10_000_000
