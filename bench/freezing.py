"""How long it takes to freeze a snapshot of a million labels, and how much memory.

    python -m bench.freezing [--labels 250000 1000000]

Fills a project with so many judged candidates (20 queries of 50 candidates for every thousand,
passages of 500 characters) in an embedded database of its own, and freezes it as a worker does.
Prints seconds and memory above that of the idle process, for each size: memory that is flat does
not grow with it. Goal: a million labels within 60 s. The search for near-duplicate passages, which
a worker does after it, and the reading of all judged pairs, which a training that mines negatives
does before it, are timed apart.
"""

import argparse
import os
import time
from typing import TYPE_CHECKING

from bench._database import own_database
from bench._goals import Goals
from bench._million import Size, million_make
from bench._process import MIB, backend_seconds, memory, peak_reset

if TYPE_CHECKING:
    from annotate.models import Snapshot

SECONDS, MILLION = 60.0, 1_000_000
BYTES_PER_LABEL = 64.0  # that memory may grow by, where a label's texts have a thousand


def measure(labels: int, goals: Goals) -> float:
    """Make a project, freeze it, and print what that took."""
    from accounts.services import project_create, user_create
    from annotate.models import Snapshot, SnapshotStatus
    from annotate.services.snapshots import snapshot_create, snapshot_freeze

    owner = user_create(username=f"bencher-{labels}")
    project = project_create(slug=f"bench-{labels}", name="Bench", owner=owner)
    million_make(project, Size().scaled(labels), run="first")
    snapshot = snapshot_create(project=project, created_by=owner, seed=1)
    Snapshot.objects.filter(pk=snapshot.pk).update(status=SnapshotStatus.QUEUED)
    peak_reset()
    idle, own, server = memory("VmRSS"), time.process_time(), backend_seconds()
    start = time.perf_counter()
    snapshot_freeze(snapshot_id=snapshot.pk)
    seconds = time.perf_counter() - start
    own, server = time.process_time() - own, backend_seconds() - server
    peak = memory("VmHWM") - idle
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.READY, snapshot.error
    print(
        f"{snapshot.pairs:,} labels of {snapshot.statistics['queries']:,} queries frozen in "
        f"{seconds:.1f} s: {own:.1f} s of the processor here, {server:.1f} s in the database "
        f"server; {peak / MIB:,.0f} MiB above idle",
        flush=True,
    )
    _after(snapshot)
    goals.most(f"freezing {labels:,} labels", seconds, SECONDS * labels / MILLION, " s")
    return peak


def _after(snapshot: "Snapshot") -> None:
    """Print what comes after a snapshot is frozen: near copies, and what mining leaves out."""
    from annotate.models import Copies
    from annotate.selectors.qrels import pairs_judged
    from annotate.services.copies import copies_find

    start = time.perf_counter()
    copies_find(snapshot_id=snapshot.pk)
    seconds = time.perf_counter() - start
    found = Copies.objects.get(pk=snapshot.pk).found
    assert found is not None, "the count failed"
    passages = sum(split["passages"] for split in found["splits"].values())
    print(f"  near copies of {passages:,} passages of dev and test: {seconds:.1f} s")
    start = time.perf_counter()
    judged = sum(1 for _ in pairs_judged(snapshot.project))
    print(f"  {judged:,} judged pairs read: {time.perf_counter() - start:.1f} s", flush=True)


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--labels", type=int, nargs="*", default=[250_000, MILLION])
    chosen = parser.parse_args()
    goals = Goals()
    with own_database():
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        peaks = {labels: measure(labels, goals) for labels in chosen.labels}
    few, many = min(peaks), max(peaks)
    if many > few:
        grown = (peaks[many] - peaks[few]) / (many - few)
        goals.most("memory for each label more", grown, BYTES_PER_LABEL, " bytes")
    goals.end()


if __name__ == "__main__":
    main()
