"""How fast a file of candidates is imported, and how much memory that takes.

    python -m bench.importing [--candidates 200000] [--labels] [--again]

Makes a JSONL file of pairs (per candidate a fifth of a passage of 500 characters and a fiftieth of
a query), imports it in a database of its own on the configured server, and prints candidates per
second including parsing, and the peak memory of this process above what it had when idle.
`--again` imports a second file of the same size into the project that then holds the first.
"""

import argparse
import json
import os
import random
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection

from accounts.models import Project
from accounts.services import project_create, user_create
from annotate.models import Candidate
from annotate.services.importing import import_file

MIB = 1 << 20


def make_file(path: Path, candidates: int, *, start: int, labels: bool) -> None:
    """Write `candidates` pairs: 10 of every query's passages are its own, 40 come from others."""
    rng = random.Random(start)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(5_000)]
    passages, queries = max(1, candidates // 5), max(1, candidates // 50)
    with path.open("w", encoding="utf-8") as out:
        for number in range(candidates):
            query = start + number * queries // candidates
            passage = start + (number * 7919) % passages
            text = " ".join(random.Random(passage).choices(words, k=62)) + f" {passage:06d}"
            row = {
                "query_id": f"q{query}",
                "query": f"how does {words[query % 5000]} work with number {query}",
                "passage_id": f"p{passage}",
                "passage": text[:500],
                "rank": number % 50 + 1,
                "score": rng.random(),
                "run": "bm25",
            }
            if labels:
                row["label"] = number % 2
            out.write(json.dumps(row) + "\n")


def memory(kind: str) -> int:
    """Bytes of this process now (VmRSS) or at its peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) * 1024


def measure(project: Project, path: Path, candidates: int) -> None:
    """Import a file and print what it took."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    idle = memory("VmRSS")
    before = Candidate.objects.count()
    done = import_file(project=project, path=path)
    peak = memory("VmHWM")
    assert done.status == "succeeded", done.errors
    assert Candidate.objects.count() - before == candidates
    rate = candidates / (done.seconds or 1)
    above = (peak - idle) / MIB
    print(f"{candidates:,} candidates in {done.seconds:.1f} s: {rate:,.0f}/s; {done.created}")
    print(f"peak memory of this process {above:.0f} MiB above idle ({idle / MIB:.0f} MiB)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=200_000)
    parser.add_argument("--labels", action="store_true", help="with a label on every pair")
    parser.add_argument("--again", action="store_true", help="then as many more")
    wanted = parser.parse_args()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        project = project_create(slug="bench", name="Bench", owner=user_create(username="bencher"))
        with tempfile.TemporaryDirectory() as folder:
            for round_number in range(2 if wanted.again else 1):
                path = Path(folder) / f"candidates{round_number}.jsonl"
                start = round_number * wanted.candidates
                make_file(path, wanted.candidates, start=start, labels=wanted.labels)
                measure(project, path, wanted.candidates)
                path.unlink()
    finally:
        connection.creation.destroy_test_db("bench", verbosity=0)


if __name__ == "__main__":
    main()
