"""A frozen snapshot as training sees it: a folder of `manifest.json` and one JSONL file per split.

One line is one judged candidate. Lines are sorted by query and passage, so that the files, and
with them the digest, come out the same for the same judgments and policy.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SPLITS: Final = ("train", "dev", "test")
PREFERENCES: Final = "preferences.jsonl"  # there where people compared passages


@dataclass(frozen=True, slots=True)
class Pair:
    """One judged candidate of a snapshot.

    `grade` is the resolved grade; `gain` its nDCG gain, `target` its training target in [0, 1] and
    `relevant` whether the binary measures count it. `rank` is the 1-based position in the
    first-stage run, None where that run did not propose the passage; `score` is that run's own.
    `people` and `imported` count the judgments behind the grade; `agreed` says whether the people
    among them all gave the same one, None where they were fewer than two; `query_metadata` is what
    the query's own calls it, by short names only, None where it says nothing.
    """

    query_id: str
    query: str
    passage_id: str
    title: str
    text: str
    grade: float
    gain: float
    target: float
    relevant: bool
    rank: int | None = None
    score: float | None = None
    people: int = 0
    imported: int = 0
    agreed: bool | None = None
    query_metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """Two passages of a query of which most people preferred one, and how many said what.

    Both are pairs with the query; their targets are 1 and 0, and no grade is meant by that.
    """

    split: str
    better: Pair
    worse: Pair
    votes: int
    against: int
    ties: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The pairs of every split, with the manifest they were frozen under, and preferences."""

    manifest: Mapping[str, Any]
    splits: Mapping[str, Sequence[Pair]]
    preferences: Sequence[Preference] = ()

    @property
    def digest(self) -> str:
        """The snapshot's content digest, hexadecimal sha256."""
        return str(self.manifest["digest"])


def snapshot_read(folder: Path) -> Snapshot:
    """Read a snapshot folder. Raises FileNotFoundError where it is incomplete."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    splits: dict[str, Sequence[Pair]] = {}
    for name in SPLITS:
        with (folder / f"{name}.jsonl").open("rb") as lines:
            splits[name] = tuple(pairs_read(lines))
    path = folder / PREFERENCES
    if not path.exists():
        return Snapshot(manifest=manifest, splits=splits)
    with path.open("rb") as lines:
        return Snapshot(manifest, splits, tuple(map(_preference, lines)))


def _preference(line: bytes) -> Preference:
    row = json.loads(line)

    def side(name: str, target: float) -> Pair:
        return Pair(
            query_id=row["query_id"],
            query=row["query"],
            **row[name],
            grade=target,
            gain=target,
            target=target,
            relevant=bool(target),
        )

    return Preference(
        split=row["split"],
        better=side("better", 1.0),
        worse=side("worse", 0.0),
        votes=row["for"],
        against=row["against"],
        ties=row["ties"],
    )


def pairs_read(lines: Iterable[bytes]) -> Iterator[Pair]:
    """Yield the pairs of a split's lines."""
    names = set(Pair.__dataclass_fields__)
    for line in lines:
        row = json.loads(line)
        yield Pair(**{name: row[name] for name in names & row.keys()})
