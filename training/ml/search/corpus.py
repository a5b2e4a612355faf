"""Texts with their ids in a folder on disk: written once, then read from any place."""

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 4_096  # texts that are held at once


class Corpus:
    """Texts on disk by row; only their ids and offsets (16 bytes per text) are in memory."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "texts"
        self.ids: NDArray[np.int64] = np.load(folder / "ids.npy")
        self._ends: NDArray[np.int64] = np.load(folder / "ends.npy")

    def __len__(self) -> int:
        return len(self.ids)

    def texts(self, start: int, stop: int) -> list[str]:
        """Return the texts of these rows."""
        ends = self._ends[start:stop]
        if not len(ends):
            return []
        begin = int(self._ends[start - 1]) if start else 0
        with self._path.open("rb") as stream:
            stream.seek(begin)
            held = stream.read(int(ends[-1]) - begin)
        starts = [0, *(int(end) - begin for end in ends[:-1])]
        return [
            held[first : int(end) - begin].decode() for first, end in zip(starts, ends, strict=True)
        ]

    def blocks(self, size: int = BLOCK) -> Iterator[list[str]]:
        """Yield all texts in their order, at most `size` at a time."""
        for start in range(0, len(self), size):
            yield self.texts(start, start + size)


def corpus_write(folder: Path, rows: Iterable[tuple[int, str]]) -> Corpus:
    """Write (id, text) as they come; what is there already from an earlier call is kept as it is.

    The folder appears whole or not at all, so that a process that is killed leaves none.
    """
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        part.mkdir(exist_ok=True)
        ids, ends, end = array("q"), array("q"), 0
        with (part / "texts").open("wb") as stream:
            for row_id, text in rows:
                end += stream.write(text.encode())
                ids.append(row_id)
                ends.append(end)
        np.save(part / "ids.npy", np.frombuffer(ids, dtype=np.int64))
        np.save(part / "ends.npy", np.frombuffer(ends, dtype=np.int64))
        part.replace(folder)
    return Corpus(folder)
