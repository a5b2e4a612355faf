"""How fast a million candidates are imported, and how much memory that takes.

    python -m bench.importing [--candidates 1000000] [--formats jsonl,csv,parquet]

Makes files of pairs (a fifth as many passages of 500 characters and a fiftieth as many queries as
candidates, ranked by one run) and imports them as a worker does, into an embedded database of its
own: JSONL into an empty project, then as many more into the project that holds the first; the same
with a label on each pair; then each other format. Prints candidates per second including parsing,
seconds per phase on the clock and of both processes' processors, and the peak of memory above what
is used when idle. For comparison: COPY of the same rows into a bare table.

Goals on two cores that do nothing else: 15,000 candidates per second, at most 300 MB above idle, at
most 1.2 times slower into a project that holds a million.
"""

import argparse
import csv
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from bench._database import own_database
from bench._process import memory, peak_reset

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project

MB = 1_000_000
RATE = 15_000
MEMORY = 300
SLOWER = 1.2


def rows_make(candidates: int, *, start: int, labels: bool) -> Iterator[dict[str, Any]]:
    """Pairs of queries and passages whose numbers begin at `start`."""
    rng = np.random.default_rng(start)
    letters = rng.integers(97, 123, size=(5_000, 7), dtype=np.uint8)
    words = [bytes(word).decode() for word in letters]
    passages, queries = max(1, candidates // 5), max(1, candidates // 50)
    chosen = rng.integers(len(words), size=(passages, 62))
    texts = [
        " ".join(words[at] for at in row) + f" {number:07d}" for number, row in enumerate(chosen)
    ]
    for number in range(candidates):
        query, passage = start + number * queries // candidates, number * 7919 % passages
        row = {
            "query_id": f"q{query}",
            "query": f"how does {words[query % 5000]} work with number {query}",
            "passage_id": f"p{start + passage}",
            "passage": texts[passage][-500:],
            "rank": number % 50 + 1,
            "score": float(rng.random()),
            "run": "bm25",
        }
        yield row | {"label": number % 2} if labels else row


def jsonl_make(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def csv_make(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, first)
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def parquet_make(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    schema = pa.Table.from_pylist([first]).schema
    with pq.ParquetWriter(path, schema) as out:
        block = [first]
        for row in rows:
            block.append(row)
            if len(block) == 50_000:
                out.write_table(pa.Table.from_pylist(block, schema))
                block = []
        out.write_table(pa.Table.from_pylist(block, schema))


MAKERS: dict[str, Callable[[Path, Iterator[dict[str, Any]]], None]] = {
    "jsonl": jsonl_make, "csv": csv_make, "parquet": parquet_make,
}  # fmt: skip


@dataclass
class Watch:
    """What this process and its database connection's use, by phase."""

    backend: int
    phases: dict[str, list[float]] = field(default_factory=dict)
    server_peak: int = 0
    _now: tuple[str, list[float]] | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def used(self) -> list[float]:
        """Seconds on the clock, of this process's processor time, and of the server's."""
        stat = Path(f"/proc/{self.backend}/stat").read_text().rpartition(")")[2].split()
        server = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        return [time.perf_counter(), time.process_time(), server]

    def enter(self, phase: str) -> None:
        """Begin a phase, which ends the one before."""
        used = self.used()
        if self._now:
            name, began = self._now
            self.phases[name] = [now - then for now, then in zip(used, began, strict=True)]
        self._now = (phase, used)

    @contextmanager
    def sampled(self) -> Iterator[None]:
        """Look at the server process's own memory all along."""
        sampler = threading.Thread(target=self._sample)
        sampler.start()
        try:
            yield
        finally:
            self._ended.set()
            sampler.join()

    def _sample(self) -> None:
        while not self._ended.wait(0.25):
            self.server_peak = max(self.server_peak, memory("RssAnon", self.backend))


def verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def measure(project: "Project", path: Path, candidates: int) -> float:
    """Import a file as a worker does; print what it took and return seconds on the clock."""
    from django.core.files import File
    from django.db import connection

    from annotate.importing.progress import Progress
    from annotate.models import Import
    from annotate.services.importing import import_create, import_run

    with path.open("rb") as upload:
        row = import_create(project=project, name=path.name, upload=File(upload), created_by=None)
    connection.ensure_connection()
    watch = Watch(connection.connection.info.backend_pid)
    shown = Progress.phase

    def noted(progress: Progress, phase: Any) -> None:
        watch.enter(str(phase))
        shown(progress, phase)

    peak_reset()
    idle, server = memory("VmRSS"), memory("RssAnon", watch.backend)
    with watch.sampled(), patch.object(Progress, "phase", noted):
        import_run(import_id=row.pk)
        watch.enter("end")
    done = Import.objects.get(pk=row.pk)
    assert (done.status, done.rows_created) == ("succeeded", candidates), done.errors
    report(watch, candidates, (memory("VmHWM") - idle, watch.server_peak - server))
    return sum(wall for wall, *_ in watch.phases.values())


def report(watch: Watch, candidates: int, peaks: tuple[int, int]) -> None:
    total = [sum(column) for column in zip(*watch.phases.values(), strict=True)]
    rate = candidates / total[0]
    busy = total[1] + total[2]
    print(
        f"  {rate:,.0f} candidates/s in {total[0]:.1f} s (goal {RATE:,}:"
        f" {verdict(met=rate >= RATE)}); {candidates / busy:,.0f} per processor second"
    )
    for phase, (wall, own, server) in watch.phases.items():
        print(f"  {phase:9} {wall:6.1f} s, processor {own:5.1f} s here, {server:5.1f} s database")
    worker, server_peak = (peak / MB for peak in peaks)
    print(
        f"  memory above idle: worker {worker:.0f} MB (goal {MEMORY}:"
        f" {verdict(met=worker <= MEMORY)}), its database process {server_peak:.0f} MB"
    )


def copy_measure(candidates: int, *, labels: bool) -> None:
    """COPY rows into a table without any index: the most that the machine can do."""
    columns = "query_id, query, passage_id, passage, rank, score, run" + ", label" * labels
    rows = [tuple(row.values()) for row in rows_make(candidates, start=0, labels=labels)]
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        types = ["text"] * 4 + ["int", "float8", "text"] + ["int"] * labels
        named = ", ".join(map(" ".join, zip(columns.split(", "), types, strict=True)))
        connection.execute(f"CREATE TABLE bench_bare ({named})")
        began = time.perf_counter()
        with connection.cursor().copy(f"COPY bench_bare ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bench_bare")
    print(f"  {candidates / seconds:,.0f} rows/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--formats", default="jsonl,csv,parquet")
    wanted = parser.parse_args()
    count = wanted.candidates
    logging.getLogger("annotate.services.bell").setLevel(logging.ERROR)  # nobody hears it here
    with own_database() as folder:
        from accounts.services import project_create, user_create

        owner = user_create(username="bencher")
        load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
        print(f"{count:,} candidates; load of the machine before: {load}")
        print("COPY of as many rows into a bare table")
        copy_measure(min(count, 200_000), labels=False)
        for name in wanted.formats.split(","):
            for labels in (False, True) if name == "jsonl" else (False,):
                slug = f"{name}-{'labelled' if labels else 'plain'}"
                project = project_create(slug=slug, name=slug, owner=owner)
                taken = []
                for start in (0, count) if name == "jsonl" else (0,):
                    path = folder / f"candidates.{name}"
                    MAKERS[name](path, rows_make(count, start=start, labels=labels))
                    print(f"{name}, {'with' if labels else 'no'} labels, project of {start:,}")
                    taken.append(measure(project, path, count))
                    path.unlink()
                if len(taken) == 2:
                    ratio = taken[1] / taken[0]
                    met = verdict(met=ratio <= SLOWER)
                    print(f"  {ratio:.2f} times as long as the first (goal {SLOWER}: {met})")


if __name__ == "__main__":
    main()
