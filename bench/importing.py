"""How fast a file of candidates is imported, and how much memory that takes.

    python -m bench.importing [--candidates 200000] [--labels] [--again]

Makes a JSONL file of pairs (a fifth as many passages of 500 characters and a fiftieth as many
queries as candidates), imports it into an embedded database of its own, and prints
candidates per second including parsing, and the peak memory of this process above what it had when
idle. `--again` imports a second file of the same size into the project that then holds the first.
The goal is 15,000 candidates per second on two cores with at most 300 MiB above idle.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench._database import own_database

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project

MIB = 1 << 20


def make_file(path: Path, candidates: int, *, start: int, labels: bool) -> None:
    """Write `candidates` pairs of queries and passages whose numbers begin at `start`."""
    rng = np.random.default_rng(start)
    letters = rng.integers(97, 123, size=(5_000, 7), dtype=np.uint8)
    words = [bytes(word).decode() for word in letters]
    passages, queries = max(1, candidates // 5), max(1, candidates // 50)
    chosen = rng.integers(len(words), size=(passages, 62))
    texts = [
        " ".join(words[at] for at in row) + f" {number:07d}" for number, row in enumerate(chosen)
    ]
    with path.open("w", encoding="utf-8") as out:
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
            if labels:
                row["label"] = number % 2
            out.write(json.dumps(row) + "\n")


def memory(kind: str) -> int:
    """Bytes of this process now (VmRSS) or at its peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) * 1024


def backend_seconds() -> float:
    """Processor seconds of our connection's server process; 0 where it runs elsewhere."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(project: "Project", path: Path, candidates: int) -> None:
    """Import a file and print what it took."""
    from annotate.models import Candidate
    from annotate.services.importing import import_file

    before = Candidate.objects.count()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    idle, own, server = memory("VmRSS"), time.process_time(), backend_seconds()
    done = import_file(project=project, path=path)
    peak, own, server = memory("VmHWM"), time.process_time() - own, backend_seconds() - server
    assert done.status == "succeeded", done.errors
    assert Candidate.objects.count() - before == candidates
    rate = candidates / (done.seconds or 1)
    print(f"{candidates:,} candidates in {done.seconds:.1f} s: {rate:,.0f}/s; {done.created}")
    print(f"processor: {own:.1f} s in this process, {server:.1f} s in the database server")
    print(f"memory: {(peak - idle) / MIB:.0f} MiB at the peak above {idle / MIB:.0f} MiB idle")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=200_000)
    parser.add_argument("--labels", action="store_true", help="with a label on every pair")
    parser.add_argument("--again", action="store_true", help="then as many more")
    wanted = parser.parse_args()
    with own_database() as folder:
        from accounts.services import project_create, user_create

        owner = user_create(username="bencher")
        project = project_create(slug="bench", name="Bench", owner=owner)
        path = folder / "candidates.jsonl"
        for start in range(0, wanted.candidates * (1 + wanted.again), wanted.candidates):
            make_file(path, wanted.candidates, start=start, labels=wanted.labels)
            measure(project, path, wanted.candidates)


if __name__ == "__main__":
    main()
