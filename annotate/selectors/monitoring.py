"""What Prometheus reads of the annotate room; each figure costs a few milliseconds at any size."""

import json
from collections.abc import Iterator
from typing import Final

from accounts.monitoring import Figure, by_status, oldest_age
from annotate.models import Import, ImportStatus, Judgment, Snapshot, SnapshotStatus

COUNTED_EXACTLY: Final = 50_000  # counting so many takes some 15 ms


def figures() -> Iterator[Figure]:
    """Return how the judging, the imports and the snapshots of all projects stand."""
    yield Figure(
        "arbiter_judgments_counted",
        f"People's judgments that hold; beyond {COUNTED_EXACTLY:,} the database's estimate.",
        counted_judgments(),
    )
    imports, snapshots = Import.objects.all(), Snapshot.objects.all()
    yield Figure("arbiter_imports", "Imports by status.", by_status(imports, ImportStatus.values))
    yield Figure(
        "arbiter_import_queued_oldest_seconds",
        "How long the oldest import has waited for a worker; 0 where none waits.",
        oldest_age(imports.filter(status=ImportStatus.QUEUED)),
    )
    yield Figure(
        "arbiter_snapshots", "Snapshots by status.", by_status(snapshots, SnapshotStatus.values)
    )


def counted_judgments() -> int:
    """Count the judgments that fill a slot; beyond COUNTED_EXACTLY as the planner knows them."""
    rows = Judgment.objects.filter(current=True, slot__isnull=False)
    number = rows.values("slot")[: COUNTED_EXACTLY + 1].count()
    if number <= COUNTED_EXACTLY:
        return number
    [planned] = json.loads(rows.explain(format="json"))
    return max(int(planned["Plan"]["Plan Rows"]), number)
