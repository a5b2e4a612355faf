"""Writes small import files and reads them back."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from annotate.formats import FormatError, Item, PairRow, RowError, open_rows


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file verbatim (no translation of line ends)."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl(*objects: Any) -> str:
    return "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in objects)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def drained(path: Path, **options: Any) -> tuple[FormatError, int]:
    """The failure that ends a file and the most bytes of Python objects held on the way to it."""
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught, open_rows(path, **options) as stream:
            for _ in stream:
                pass
        return caught.value, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read(path: Path, **options: Any) -> list[Item]:
    with open_rows(path, **options) as stream:
        return list(stream)


def pairs(path: Path, **options: Any) -> list[PairRow]:
    """The rows of a file that has no errors and pairs alone."""
    found = []
    for item in read(path, **options):
        assert isinstance(item, PairRow), item
        found.append(item)
    return found


def errors(path: Path, **options: Any) -> list[RowError]:
    return [item for item in read(path, **options) if isinstance(item, RowError)]


def failure(path: Path, **options: Any) -> FormatError:
    """The failure that opening the file or reading it to its end gives."""
    with pytest.raises(FormatError) as caught:
        read(path, **options)
    return caught.value
