"""How many passages of dev and test are known from train: word for word, or nearly.

Read from the files of a frozen snapshot, and from nothing else: its digest holds what is counted
here, not the counts. Memory is some tens of bytes for each passage; signatures lie in a file.
"""

import json
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from annotate.frozen.likeness import (
    SHARE,
    SIZE,
    Array,
    NearCopies,
    Values,
    shingles_of,
    signature_of,
)

KNOWN: Final = "train"
ASKED: Final = ("dev", "test")


def copies_count(folder: Path, scratch: Path) -> dict[str, Any]:
    """Return what the passages of dev and test have in common with train's.

    `folder` holds the files of a snapshot, `scratch` what is worked with. `{share, splits: {name:
    {passages, shared, near, cut}}}`: distinct passages, those of them that occur in train word for
    word, those that do not and are nearly a copy of one that does, and those of which that is not
    certain, since too many of train are like them.
    """
    splits = {}
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"{name}.jsonl").open("rb"))
            for name in (KNOWN, *ASKED)
        }
        known = _Passages(files[KNOWN])
        signed = known.signatures(scratch / KNOWN, np.arange(len(known)))
        for name in ASKED:
            asked = _Passages(files[name])
            shared = np.isin(asked.digests, known.digests, assume_unique=True)
            rows = np.flatnonzero(~shared)
            mine = asked.signatures(scratch / name, rows)
            copies = NearCopies(mine, signed, _picked(asked, rows), known.shingles)
            splits[name] = {
                "passages": len(asked),
                "shared": int(shared.sum()),
                "near": int(copies.find().sum()),
                "cut": copies.cut,
            }
    return {"share": SHARE, "splits": splits}


def _picked(passages: "_Passages", rows: NDArray[np.int64]) -> Callable[[int], Array]:
    return lambda row: passages.shingles(int(rows[row]))


class _Passages:
    """The distinct passages of one split, by title and text; what was erased is not among them.

    A digest of 64 bits tells them apart: of a million, two are taken for one with a chance of 1 in
    30 million.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        digests, places = array("Q"), array("q")
        for place, text in _texts(self._file):
            digests.append(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))
            places.append(place)
        self.digests, first = np.unique(np.array(digests, np.uint64), return_index=True)
        self._places = np.array(places, np.int64)[first]

    def __len__(self) -> int:
        return len(self.digests)

    def shingles(self, row: int) -> Array:
        """Return the shingles of a passage."""
        self._file.seek(int(self._places[row]))
        return shingles_of(_text(json.loads(self._file.readline())))

    def signatures(self, path: Path, rows: NDArray[np.int64]) -> Values:
        """Return the signatures of some passages, which lie in a new file at `path`."""
        if not len(rows):
            return np.empty((0, SIZE), np.uint32)
        found: Values = np.memmap(path, np.uint32, mode="w+", shape=(len(rows), SIZE))
        for at in np.argsort(self._places[rows]):  # as they lie in the file
            found[at] = signature_of(self.shingles(int(rows[at])))
        return found


def _texts(source: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield where each line begins, and the passage in it."""
    place = 0
    for line in source:
        record = json.loads(line)
        if "text" in record:
            yield place, _text(record)
        place += len(line)


def _text(record: dict[str, Any]) -> str:
    return f"{record['title']}\0{record['text']}"
