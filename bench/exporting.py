"""How fast a million judgments leave over HTTP, and what that costs the web processes.

    python -m bench.exporting [--candidates 1000000] [--formats jsonl,csv,…] [--people 20]

Fills an embedded database of its own, starts the web part as `manage.py up` does, and downloads
each format. Prints rows per second, megabytes per second, seconds until the first byte, the peak of
the web processes' memory above what they had when idle, processor seconds, and how long another
request took meanwhile. The goals: 50,000 rows/s for jsonl, csv and qrels and 20,000 for the others,
the first byte within 1 s, memory that does not grow with the file.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import pyarrow.parquet as pq

from bench._database import own_database
from bench._million import MILLION, Size, million_make

MIB: Final = 1 << 20
QUICK: Final = ("jsonl", "csv", "qrels")
GOAL: Final = {True: 50_000, False: 20_000}
FIRST_GOAL: Final = 1.0
MEMORY_GOAL: Final = 200 * MIB
FILES: Final = (
    ("jsonl", "judgments"), ("jsonl", "qrels"), ("csv", "judgments"), ("csv", "qrels"),
    ("qrels", "judgments"), ("qrels", "qrels"), ("parquet", "judgments"), ("parquet", "qrels"),
    ("beir", "qrels"), ("triplets", "qrels"),
)  # fmt: skip


@dataclass
class Watch:
    """Memory and answers of the web part while something is downloaded."""

    web: psutil.Process
    address: tuple[str, int]
    headers: dict[str, str]
    peak: int = 0
    answers: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def memory(self) -> int:
        """Bytes that the web processes hold together."""
        return sum(process.memory_info().rss for process in self.web.children())

    def __enter__(self) -> "Watch":
        self.peak, self.answers = 0, []
        self._over.clear()
        self._threads = [threading.Thread(target=each) for each in (self._look, self._ask)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, self.memory())

    def _ask(self) -> None:
        while not self._over.wait(0.2):
            start = time.perf_counter()
            with download(self.address, "/api/v1/projects/bench/", self.headers) as answer:
                answer.read()
            self.answers.append(time.perf_counter() - start)


@contextmanager
def download(
    address: tuple[str, int], path: str, headers: dict[str, str]
) -> Iterator[http.client.HTTPResponse]:
    web = http.client.HTTPConnection(*address, timeout=120)
    try:
        web.request("GET", path, headers=headers)
        answer = web.getresponse()
        assert answer.status == 200, answer.read()
        yield answer
    finally:
        web.close()


@contextmanager
def web_part() -> Iterator[tuple[psutil.Process, tuple[str, int]]]:
    """Run gunicorn as `up` does, on a port that is free now."""
    from training.management.commands.up import web_argv

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    argv = web_argv()
    argv[argv.index("--bind") + 1] = f"{address[0]}:{address[1]}"
    process = subprocess.Popen(argv, env=os.environ)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(address) == 0:
                    break
            time.sleep(0.1)
        yield psutil.Process(process.pid), address
    finally:
        process.terminate()
        process.wait()


def processor_seconds(web: psutil.Process) -> tuple[float, float]:
    """Processor seconds so far of the web processes and of the database server."""
    servers = [each for each in psutil.process_iter(["name"]) if each.info["name"] == "postgres"]
    ours = str(os.environ["ARBITER_HOME"])
    heads = [each for each in servers if any(ours in word for word in each.cmdline())]
    database = [each for head in heads for each in (head, *head.children())]
    found = []
    for group in (web.children(), database):
        times = [process.cpu_times() for process in group]
        found.append(sum(each.user + each.system for each in times))
    return found[0], found[1]


def measure(watch: Watch, format_name: str, what: str, rows: int, folder: Path) -> bool:
    """Download one file, print what it took, and say whether the goals are met."""
    path = f"/api/v1/projects/bench/export/?format={format_name}&what={what}"
    target = folder / f"download.{format_name}"
    idle, before = watch.memory(), processor_seconds(watch.web)
    start = time.perf_counter()
    with watch, download(watch.address, path, watch.headers) as answer, target.open("wb") as out:
        out.write(answer.read(1))
        first = time.perf_counter() - start
        while block := answer.read(1 << 18):
            out.write(block)
        seconds = time.perf_counter() - start
    after = processor_seconds(watch.web)
    found = count(target, format_name)
    assert found == rows or format_name == "triplets", (found, rows)
    goal = GOAL[format_name in QUICK]
    above = max(0, watch.peak - idle)
    slow = statistics.quantiles(watch.answers, n=20)[-1] if len(watch.answers) > 1 else 0.0
    print(
        f"{format_name} {what}: {verdict(found / seconds >= goal)} {found / seconds:,.0f} rows/s"
        f" (goal {goal:,}), {target.stat().st_size / 1e6 / seconds:.1f} MB/s, {seconds:.1f} s;"
        f" first byte {verdict(first <= FIRST_GOAL)} {first:.2f} s (goal {FIRST_GOAL:g});"
        f" memory {verdict(above <= MEMORY_GOAL)} {above / MIB:.0f} MiB above {idle / MIB:.0f} idle"
        f" (goal {MEMORY_GOAL // MIB}); processor {after[0] - before[0]:.1f} s web,"
        f" {after[1] - before[1]:.1f} s database; another request meanwhile {slow * 1000:.0f} ms"
        f" (95th percentile of {len(watch.answers)}); load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    target.unlink()
    return found / seconds >= goal and first <= FIRST_GOAL and above <= MEMORY_GOAL


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def count(path: Path, format_name: str) -> int:
    """How many judgments or pairs a file holds."""
    if format_name == "parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    if format_name == "beir":
        with zipfile.ZipFile(path) as packed, packed.open("qrels/test.tsv") as lines:
            return sum(1 for _ in lines) - 1
    with path.open("rb") as lines:
        if format_name == "triplets":  # queries without a relevant passage are not in it
            return sum(1 + len(json.loads(line)["negative_texts"]) for line in lines)
        return sum(1 for _ in lines) - (format_name == "csv")


def fill(size: Size, people: int) -> str:
    """Make the project, and return its owner's token."""
    from accounts.services import member_set, project_create, token_create, user_create

    owner = user_create(username="owner")
    project = project_create(slug="bench", name="Bench", owner=owner)
    judges = [user_create(username=f"judge-{number}") for number in range(people)]
    for judge in judges:
        member_set(project=project, user=judge, role="annotator")
    seconds = million_make(project, size, people=judges)
    print(f"{size.candidates:,} candidates, {size.judgments:,} judgments, made in {seconds:.0f} s")
    return token_create(user=owner, name="bench", scope="read").secret


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=MILLION.candidates)
    parser.add_argument("--formats", default=",".join(dict(FILES)))
    parser.add_argument("--people", type=int, default=20, help="0: the labels of a source")
    wanted = parser.parse_args()
    with own_database() as folder:
        size = MILLION.scaled(wanted.candidates)
        headers = {"Authorization": f"Bearer {fill(size, wanted.people)}"}
        with web_part() as (web, address):
            watch = Watch(web, address, headers)
            for _ in range(40):  # both processes have loaded what a request needs
                with download(address, "/api/v1/projects/bench/", headers) as answer:
                    answer.read()
            chosen = [each for each in FILES if each[0] in wanted.formats.split(",")]
            met = [measure(watch, *each, size.candidates, folder) for each in chosen]
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
