"""What a silver stage works with; imports no torch, so that it can be gathered before that."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from training.ml.models.find import Base
from training.ml.silver.queries import Passage

MOST: Final = 20_000  # passages: more than a stage of an hour makes queries from


@dataclass(frozen=True, slots=True)
class SilverWork:
    """A corpus, a teacher, and where results are kept.

    `labelled` are the texts of the queries that people labelled, which are never made up again.
    `passages` counts what the corpus was drawn from.
    """

    corpus: Sequence[Passage]
    passages: int
    teacher: Base
    cache: Path
    labelled: Collection[str] = ()


def corpus_draw(passages: Iterable[Passage], *, most: int = MOST) -> tuple[list[Passage], int]:
    """Return at most `most` of the passages, and how many there were.

    Which ones is drawn by the digest of their texts, so that it is the same wherever they come
    from and in whatever order; no more than `most` are held at once.
    """
    seen = 0

    def counted() -> Iterable[Passage]:
        nonlocal seen
        for passage in passages:
            seen += 1
            yield passage

    return heapq.nsmallest(most, counted(), key=_digest), seen


def corpus_digest(corpus: Sequence[Passage]) -> str:
    """Digest of the corpus in its order, hexadecimal sha256."""
    return sha256(b"".join(_digest(passage) for passage in corpus)).hexdigest()


def _digest(passage: Passage) -> bytes:
    """Digest of one passage; the title's length keeps title and text apart."""
    title = passage.title.encode()
    return sha256(len(title).to_bytes(8) + title + passage.text.encode()).digest()
