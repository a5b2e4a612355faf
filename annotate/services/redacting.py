"""Records out of snapshots: their seals stay, and the digest with them."""

import json
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from accounts.blobs import blob_open, blob_put, blobs_stored, scratch_folder, scratch_root
from accounts.models import Project
from annotate.freezing_preferences import PREFERENCES
from annotate.frozen.sealing import canonical_json, records_take_out
from annotate.frozen.splitting import SPLITS
from annotate.models import ErasedRecords, Erasure, Snapshot, SnapshotStatus
from annotate.models.snapshots import BASIS

# How a line of a snapshot's files looks: a record, a marker, or what a record rests on.
_LINE_MAX: Final = 1 << 20
_OURS: Final = re.compile(
    rb'{"adjudicated":|{"against":|{"redacted":"[0-9a-f]{64}"}$|\["[^\n]*",\["[0-9a-f-]{36}"[^\n]*\]\]$'
)


@dataclass(slots=True)
class Redacted:
    """What came of it: records taken out by snapshot, and stored files that no row names now."""

    records: dict[int, int] = field(default_factory=dict)
    leftovers: list[str] = field(default_factory=list)


def snapshots_redact(*, project: Project, erasure: Erasure, needles: Collection[bytes]) -> Redacted:
    """Take the records that hold a needle out of all snapshots of a project.

    New files are stored beside the old ones, which the caller removes once this transaction has
    been committed. Whoever calls this holds off freezing.
    """
    found = Redacted()
    rows = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
    for snapshot in rows.select_for_update().order_by("pk"):
        taken, files = _redact(snapshot, needles)
        if taken:
            found.records[snapshot.pk] = taken
            found.leftovers += [snapshot.files[name]["sha256"] for name in files]
            Snapshot.objects.filter(pk=snapshot.pk).update(
                files={**snapshot.files, **files}, redacted=snapshot.redacted + taken
            )
    ErasedRecords.objects.bulk_create(
        ErasedRecords(erasure=erasure, snapshot_id=pk, records=records)
        for pk, records in found.records.items()
    )
    found.leftovers += _orphans(needles, known=set(found.leftovers))
    for folder in scratch_root().glob("snapshot-*"):  # of a worker that was killed: nobody freezes
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _redact(snapshot: Snapshot, needles: Collection[bytes]) -> tuple[int, dict[str, Any]]:
    """Return how many records go, and the files that changed."""
    pairs: set[bytes] = set()
    files, taken = {}, 0
    gone = _gone(needles, pairs)
    with scratch_folder("redacting") as folder:
        for name in [*(f"{split}.jsonl" for split in SPLITS), PREFERENCES]:
            if name not in snapshot.files:
                continue
            try:
                with blob_open(snapshot.files[name]["sha256"]) as lines:
                    out = records_take_out(lines, folder / name, gone)
            except FileNotFoundError:  # a lost file holds nothing; verifying tells of it
                continue
            if out:
                files[name] = _stored(folder / name)
                taken += out
        if taken:
            with blob_open(snapshot.files[BASIS]["sha256"]) as lines:
                _drop_lines(lines, folder / BASIS, pairs)
            files[BASIS] = _stored(folder / BASIS)
    return taken, files


def _gone(needles: Collection[bytes], pairs: set[bytes]) -> Callable[[bytes], bool]:
    """Return what decides over a line; `pairs` takes how its line of the basis begins."""

    def decide(line: bytes) -> bool:
        if not any(needle in line for needle in needles):
            return False
        held = json.loads(line)
        sides = [held[side]["passage_id"] for side in ("better", "worse") if side in held]
        names = [held["query_id"], *(sides or [held["passage_id"]])]
        pairs.add(canonical_json(names)[:-1].encode())
        return True

    return decide


def _drop_lines(lines: Iterable[bytes], target: Path, pairs: set[bytes]) -> None:
    with target.open("wb") as out:
        for line in lines:
            if line[: line.rindex(b",[")] not in pairs:
                out.write(line)


def _stored(path: Path) -> dict[str, Any]:
    blob = blob_put(path)
    return {"sha256": blob.sha256, "size": blob.size}


def _orphans(needles: Collection[bytes], known: set[str]) -> Iterator[str]:
    """Yield files of snapshots that were stored and never came into a row, and hold a needle.

    A worker that is killed between the two leaves such files.
    """
    named = {
        file["sha256"]
        for files in Snapshot.objects.exclude(files={}).values_list("files", flat=True).iterator()
        for file in files.values()
    }
    bare = {needle.split(b":", 1)[1] for needle in needles}
    for sha256 in blobs_stored():
        if sha256 in named or sha256 in known:
            continue
        with blob_open(sha256) as source:
            if not _OURS.match(source.readline(_LINE_MAX).rstrip(b"\n")):
                continue
        with blob_open(sha256) as lines:
            if any(needle in line for line in lines for needle in bare):
                yield sha256
