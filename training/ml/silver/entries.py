"""The entries of a silver stage's cache, as folders: for whoever clears them and loads no torch."""

import shutil
from pathlib import Path
from typing import Final

FACTS: Final = "facts.json"


def entries_clear(folder: Path, *, unused_since: float) -> None:
    """Remove the entries that were last used before a moment, in seconds since the epoch."""
    for entry in folder.glob("[0-9a-f]*"):
        if last_used(entry) < unused_since:
            shutil.rmtree(entry, ignore_errors=True)


def last_used(entry: Path) -> float:
    """Seconds since the epoch; 0 where another process has removed the entry."""
    try:
        return (entry / FACTS).stat().st_mtime
    except OSError:
        return 0.0


def size_of(entry: Path) -> int:
    """Bytes of an entry; 0 where another process has removed it."""
    try:
        return sum(path.stat().st_size for path in entry.iterdir())
    except OSError:
        return 0
