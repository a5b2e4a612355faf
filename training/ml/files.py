"""Files and folders that appear whole or not at all, also at a power cut."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Fill = Callable[[Path], None]
"""Writes what belongs into the folder that it is given."""


def folder_write(path: Path, fill: Fill) -> None:
    """Let `fill` write a folder that appears at `path` whole, or not at all, also at a power cut.

    What was there before is replaced.
    """
    part = path.with_name(f".{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    fill(part)
    for file in part.rglob("*"):
        _sync(file)
    _sync(part)
    shutil.rmtree(path, ignore_errors=True)
    part.rename(path)
    _sync(path.parent)


def plain_write(path: Path, values: Mapping[str, Any]) -> None:
    """Write JSON that appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(values), encoding="utf-8")
    _sync(part)
    part.replace(path)


def plain_read(path: Path) -> dict[str, Any] | None:
    """Read what `plain_write` wrote; None where there is nothing."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
