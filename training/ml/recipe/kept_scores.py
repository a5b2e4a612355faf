"""Scores of a teacher, kept by what they were made from: made once, then read.

An entry is a folder named by the digest of everything that its scores depend on, with one file of
numbers for each block of pairs, and neither texts nor names. A file appears whole or not at all;
the entries that were unused for the longest time go once all together are larger than a bound.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 2_048  # pairs of one file: minutes of a large teacher's time, lost at most
BOUND: Final = 1 << 30  # bytes

Scores = NDArray[np.float32]
Compute = Callable[[int, int], Scores]
"""Scores of the pairs from one place to another, the first of them included."""


class KeptScores:
    """Scores by key in a folder, which any number of processes may share."""

    def __init__(self, folder: Path, *, bound: int = BOUND) -> None:
        self._folder, self._bound = folder, bound

    def of(self, key: str, count: int, compute: Compute) -> tuple[Scores, int]:
        """Return `count` scores, and how many of them had to be computed.

        Raises OSError where the disk is full.
        """
        entry = self._folder / key
        entry.mkdir(mode=0o700, parents=True, exist_ok=True)
        found, computed = [np.zeros(0, dtype=np.float32)], 0
        for start in range(0, count, BLOCK):
            stop = min(start + BLOCK, count)
            path = entry / f"{start:010d}.npy"
            block = _read(path, stop - start)
            if block is None:
                block = compute(start, stop).astype(np.float32)
                _write(path, block)
                computed += len(block)
            found.append(block)
        with suppress(FileNotFoundError):  # another process may have trimmed it away
            os.utime(entry)
        self._trim(entry)
        return np.concatenate(found), computed

    def _trim(self, newest: Path) -> None:
        """Remove what was unused for the longest time until the rest fits; never the newest."""
        others = [entry for entry in self._folder.iterdir() if entry != newest]
        held = _size(newest)
        for entry in sorted(others, key=_last_used, reverse=True):
            held += _size(entry)
            if held > self._bound:
                shutil.rmtree(entry, ignore_errors=True)


def _read(path: Path, count: int) -> Scores | None:
    """Read a block; None where there is none, or none of this size."""
    try:
        found: Scores = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = found.shape == (count,) and bool(np.isfinite(found).all())
    return found.astype(np.float32) if fits else None


def _write(path: Path, block: Scores) -> None:
    # Two jobs may write the same block at once: each has a file of its own until it is whole. A
    # third may have trimmed the folder away since the last block.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as part:
        np.save(part, block, allow_pickle=False)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(path)


def _last_used(entry: Path) -> float:
    """Seconds since the epoch; 0 where another process has removed the entry."""
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


def _size(entry: Path) -> int:
    try:
        return sum(path.stat().st_size for path in entry.iterdir())
    except OSError:
        return 0
