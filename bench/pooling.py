"""How fast candidates are pooled from a corpus, and in how much memory.

    python -m bench.pooling [--passages 200000] [--queries 20000] [--encoded 512]

A synthetic corpus of passages of 500 characters and queries of five words, both with word
frequencies as in natural text. BM25 on disk is measured whole, next to the same library in memory
(`bm25s`, with an eighth of the queries, since it scores them one by one). The bi-encoder reads a
sample, from which the whole is extrapolated; its exact search is measured on vectors of the full
size, made at random. Storing is measured on a tenth of the queries in an embedded database of its
own. Beside wall seconds stand those of the processor, which other work does not lengthen. Each part
runs in a process of its own, whose peak is that of its resident memory.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench._database import own_database
from bench._process import MIB, backend_seconds

GOAL_STORED = 15_000  # rows a second
DEPTH = 20
VOCABULARY = 50_000
DIMENSION = 384
PARTS = ("disk", "memory", "search", "encode", "store")


def texts(count: int, words: int, seed: int) -> Iterator[str]:
    """Yield `count` texts of so many words, 7 letters each, drawn by Zipf's law."""
    letters = np.random.default_rng(0).integers(97, 123, size=(VOCABULARY, 7), dtype=np.uint8)
    vocabulary = [bytes(word).decode() for word in letters]
    shares = 1 / np.arange(1, VOCABULARY + 1) ** 0.9
    rng = np.random.default_rng(seed)
    for start in range(0, count, 10_000):
        size = (min(10_000, count - start), words)
        for row in rng.choice(VOCABULARY, size=size, p=shares / shares.sum()):
            yield " ".join(vocabulary[at] for at in row)


class Watch:
    """Wall and processor seconds since it was made, and the peak memory of this process."""

    def __init__(self) -> None:
        self._wall, self._own = time.monotonic(), time.process_time()

    @property
    def wall(self) -> float:
        return time.monotonic() - self._wall

    def __str__(self) -> str:
        own = time.process_time() - self._own
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB
        return f"{self.wall:.1f} s ({own:.1f} s of processor), at most {peak:.0f} MiB resident"


def disk(folder: Path, passages: int, queries: int) -> None:
    """BM25 as a pooling job runs it."""
    from training.ml.search.bm25_disk import Bm25Disk
    from training.ml.search.corpus import corpus_write
    from training.ml.search.tokens import Tokens

    corpus = corpus_write(folder / "passages", enumerate(texts(passages, 62, 1)))
    asked = corpus_write(folder / "queries", enumerate(texts(queries, 5, 2)))
    watch = Watch()
    every = (text for block in asked.blocks() for text in block)
    index = Bm25Disk(folder / "index", corpus, every, Tokens("en"))
    print(f"BM25 on disk: index {watch}")
    index.top(DEPTH)
    size = sum(path.stat().st_size for path in (folder / "index").iterdir()) / MIB
    print(f"BM25 on disk: index and {queries:,} queries {watch}; {size:.0f} MiB on disk")


def memory(_folder: Path, passages: int, queries: int) -> None:
    """bm25s with everything in memory, as the evaluation's baseline uses it."""
    from training.ml.search.bm25 import Bm25
    from training.ml.search.tokens import Tokens

    corpus, asked = list(texts(passages, 62, 1)), list(texts(queries, 5, 2))[: queries // 8]
    watch = Watch()
    index = Bm25(corpus, Tokens("en").terms)
    print(f"BM25 in memory: index {watch}")
    begun = watch.wall
    for text in asked:
        index.top(text, DEPTH)
    rest = (watch.wall - begun) * queries / max(1, len(asked))
    print(f"BM25 in memory: index and {len(asked):,} queries {watch};")
    print(f"  extrapolated to {queries:,} queries: {begun + rest:.0f} s")


def search(folder: Path, passages: int, queries: int) -> None:
    """The exact search over vectors on disk; what they say does not matter for that."""
    from training.ml.search.vectors import SHARD, Shards, vectors_top

    rng = np.random.default_rng(3)
    found = []
    for name, count in (("q", queries), ("p", passages)):
        (folder / name).mkdir()
        shards = Shards(folder / name, count)
        for number in range(len(shards)):
            rows = np.diff(shards.bounds(number))[0]
            vectors = rng.normal(size=(rows, DIMENSION)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            np.save(shards.path(number), vectors.astype(np.float16))
        found.append(shards)
    watch = Watch()
    vectors_top(found[0], found[1], DEPTH)
    size = passages * DIMENSION * 2 / MIB
    print(f"exact search, {queries:,} x {passages:,} vectors of {DIMENSION}: {watch};")
    print(f"  {size:.0f} MiB of passages on disk in shards of {SHARD:,}")


def encode(_folder: Path, passages: int, sample: int) -> None:
    """The packaged bi-encoder on a sample of real texts: made-up words have too many tokens."""
    from training.ml.models.encoder import BiEncoder
    from training.sample import passage_text, sample_passages

    real = [passage_text(each)[:500] for each in sample_passages()]
    encoder, given = BiEncoder(), [text for text in real if len(text) == 500][:sample]
    encoder.encode_passages(given[:32], batch_size=32)
    watch = Watch()
    encoder.encode_passages(given, batch_size=32)
    rate = len(given) / watch.wall
    print(f"bi-encoder: {len(given):,} passages {watch}: {rate:.0f} passages/s;")
    print(f"  EXTRAPOLATED to {passages:,} passages: {passages / rate / 60:.0f} minutes")


def store(_folder: Path, passages: int, queries: int) -> None:
    """The union of two systems into the database, in chunks as a job stores them."""
    with own_database() as folder:
        from accounts.services import project_create, user_create
        from annotate.models import Candidate
        from annotate.services.importing import import_file
        from annotate.services.proposing import Proposed, candidates_propose

        project = project_create(slug="bench", name="Bench", owner=user_create(username="bencher"))
        for name, words, count in (("corpus", 62, passages), ("queries", 5, queries)):
            path = folder / f"{name}.jsonl"
            with path.open("w") as out:
                for at, text in enumerate(texts(count, words, words)):
                    out.write(f'{{"_id": "{at}", "text": "{text}"}}\n')
            done = import_file(project=project, path=path)
            assert done.status == "succeeded", done.errors
        keys = list(project.passages.order_by("pk").values_list("pk", flat=True))
        asked = list(project.queries.order_by("pk").values_list("pk", flat=True))
        rng = np.random.default_rng(4)
        size, watch, rows, server = 200, Watch(), 0, backend_seconds()
        for start in range(0, len(asked), size):
            chunk = [
                Proposed(query, keys[row], f"pool-{run}", rank, 1 / rank)
                for query in asked[start : start + size]
                for run in ("bm25", "bi-encoder")
                for rank, row in enumerate(rng.choice(len(keys), DEPTH, replace=False), 1)
            ]
            candidates_propose(project=project, rows=chunk, replace=True)
            rows += len(chunk)
        rate, server = rows / watch.wall, backend_seconds() - server
        verdict = "met" if rate >= GOAL_STORED else "missed"
        print(f"storing {rows:,} rows as {Candidate.objects.count():,} new candidates: {watch}:")
        print(f"  {server:.1f} s of processor in the server")
        print(f"  {rate:,.0f} rows/s; goal {GOAL_STORED:,}: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--encoded", type=int, default=512)
    parser.add_argument("--part", choices=PARTS)
    wanted = parser.parse_args()
    if wanted.part is None:
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
        own = [sys.executable, "-m", "bench.pooling", *sys.argv[1:]]
        sys.exit(max(subprocess.call([*own, "--part", part]) for part in PARTS))
    folder = Path(tempfile.mkdtemp(prefix="arbiter-bench-"))
    second = {"encode": wanted.encoded, "store": max(1, wanted.queries // 10)}
    try:
        globals()[wanted.part](folder, wanted.passages, second.get(wanted.part, wanted.queries))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
