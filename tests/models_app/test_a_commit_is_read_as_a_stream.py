"""The NDJSON of a commit: every operation, files put aside as they come, never whole in memory."""

import base64
import itertools
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models_app.hub.ndjson import CommitError, CommitLines, Line, decode

LARGE = random.Random(5).randbytes(3_000_001)


def line(key: str, **value: Any) -> bytes:
    return json.dumps({"key": key, "value": value}).encode() + b"\n"


def file(path: str, content: bytes) -> bytes:
    return line("file", content=base64.b64encode(content).decode(), path=path, encoding="base64")


def reader(data: bytes, sizes: Iterator[int]) -> Callable[[int], bytes]:
    """Give out the bytes in pieces of these sizes, whatever is asked for."""
    place = 0

    def read(_: int) -> bytes:
        nonlocal place
        piece = data[place : place + next(sizes)]
        place += len(piece)
        return piece

    return read


def lines(data: bytes, folder: Path, sizes: Iterator[int] | None = None) -> list[Line]:
    numbers = itertools.count()
    read = reader(data, sizes or itertools.repeat(65_536))
    return list(CommitLines(read, lambda: folder / str(next(numbers))))


@pytest.mark.parametrize("seed", range(5))
def test_every_operation_comes_as_it_was_sent_wherever_the_blocks_end(
    tmp_path: Path, seed: int
) -> None:
    summary = 'Say "hi" \\ to all:\n{"key": "file"} é'
    data = (
        line("header", summary=summary, description="")
        + file("config.json", b"{}")
        + b"\n"
        + file('odd "name".safetensors', LARGE)
        + line("lfsFile", path="model.safetensors", algo="sha256", oid="a" * 64, size=5)
        + file("empty.txt", b"")
        + line("deletedFile", path="old.json").rstrip()
    )
    drawn = random.Random(seed)
    found = lines(data, tmp_path, iter(lambda: drawn.randint(1, 70_000), 0))
    keys = [each.key for each in found]
    assert keys == ["header", "file", "file", "lfsFile", "file", "deletedFile"]
    assert found[0].value == {"summary": summary, "description": ""}
    assert decode(found[1].value["content"]) == b"{}"
    assert found[2].value["path"] == 'odd "name".safetensors'
    assert found[2].content is not None
    assert found[2].content.read_bytes() == LARGE
    assert found[3].value["oid"] == "a" * 64
    assert (decode(found[4].value["content"]), found[4].content) == (b"", None)
    assert found[5].value == {"path": "old.json"}


def test_a_long_file_is_never_in_memory(tmp_path: Path) -> None:
    block = base64.b64encode(LARGE[:49_152])
    pieces = [b'{"key": "file", "value": {"content": "', *[block] * 1_000, b'", "path": "x"}}\n']
    given = iter(pieces)
    tracemalloc.start()
    (found,) = CommitLines(lambda _: next(given, b""), lambda: tmp_path / "long")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.content is not None
    assert found.content.stat().st_size == 49_152_000
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not json\n", "not JSON"),
        (b'["key"]\n', "no `key`"),
        (b'{"key": "file"}\n', "no `key`"),
        (b'{"key": "file", "value": {"content": "abc', "ends within a text"),
        (b'{"key": "header", "value": {"summary": "' + b"x" * 1_100_000, "too long"),
        (b"[" * 1_100_000, "too long"),
        (b'{"key": "file", "value": {"content": "' + b"A" * 90_000, "ends within a file"),
        (b'{"key": "file", "value": {"content": "' + b"?" * 90_000 + b'"}}', "no base64"),
        (b"[" * 100_000 + b"\n", "not JSON"),
    ],
)
def test_what_is_no_commit_is_refused_in_words(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(CommitError, match=said):
        lines(data, tmp_path)


def test_a_short_content_that_is_no_base64_is_refused() -> None:
    for content in (None, 7, "a", "####"):
        with pytest.raises(CommitError):
            decode(content)
