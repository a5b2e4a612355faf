"""The judged pairs that what computes a version's scores is held to."""

from collections.abc import Sequence
from typing import Final

from accounts.blobs import blob_open
from accounts.models import Project
from annotate.models import Snapshot as SnapshotRow
from models_app.models import Version
from training.ml.backends.fidelity import QUERIES_LEAST
from training.ml.data import Pair, pairs_read

BLIND: Final = "blind"


def judged_of(version: Version, project: Project) -> tuple[Sequence[Pair], str]:
    """Return judged pairs of a version that scores for a project, and a name for them.

    Those of dev, and of train where dev has too few queries for a change of nDCG to show: a backend
    is not chosen for being better, but for saying the same. The test split stays sealed.
    """
    row = judged_snapshot(version, project)
    if row is None:
        return (), BLIND
    try:
        pairs = _pairs_of(row, "dev.jsonl")
        if len({pair.query_id for pair in pairs if pair.relevant}) < QUERIES_LEAST:
            pairs += _pairs_of(row, "train.jsonl")
    except FileNotFoundError:
        return (), BLIND
    return pairs, name_of(row)


def judged_snapshot(version: Version, project: Project) -> SnapshotRow | None:
    """Return the snapshot that `judged_of` reads, None where there is none.

    There is none where the version is of another project, whose judgments are not this one's to
    use, or where something was erased from its snapshot.
    """
    if not version.snapshot_digest or version.reranker.project_id != project.pk:
        return None
    rows = SnapshotRow.objects.filter(digest=version.snapshot_digest, project=project, redacted=0)
    row = rows.order_by("pk").first()
    return row if row is not None and "dev.jsonl" in row.files else None


def name_of(row: SnapshotRow | None) -> str:
    """Return the name under which is kept what was decided by a snapshot's judged pairs."""
    return BLIND if row is None else (row.digest or "")[:16]


def _pairs_of(row: SnapshotRow, name: str) -> tuple[Pair, ...]:
    if name not in row.files:
        return ()
    with blob_open(row.files[name]["sha256"]) as lines:
        return tuple(pairs_read(lines))
