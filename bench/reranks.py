"""Rerank requests of 100 candidates of 128 tokens: how long they take, and what sharing gives.

    python -m bench.reranks [--requests 20] [--steps 60] [--callers 8]

Starts the product's own web server and scorer on a database of its own. The model is the packaged
all-MiniLM-L6-v2 as a cross-encoder, taught for `--steps` batches on docstrings of the standard
library, so that it has an order to lose, and published with judged docstrings: each one's first
sentence is the query for its rest. The texts are docstrings too, each at least as long as the 128
tokens that the version reads. Requests are timed by torch alone first. Then the scorer tries the
backends that are installed, on the judged pairs of dev, and they are timed on what it chose. At
last callers that send ten candidates each do so at the same time, and one after another.
Goal: 0.75 s for a request, by the best backend that is installed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bench._database import own_database
from bench._goals import Goals
from bench._process import MIB, memory
from bench.judging_page import served

if TYPE_CHECKING:
    from accounts.models import Project
    from training.ml.data import Pair

CANDIDATES: Final = 100
TOKENS: Final = 128
SECONDS: Final = 0.75
FEW: Final = 10
JUDGED_QUERIES: Final = 150
PATIENCE: Final = 600.0


def published(folder: Path, steps: int) -> tuple[str, str]:
    """Publish a taught model with judged pairs; return its name, and a token that may read it."""
    from sentence_transformers import CrossEncoder

    from accounts.models import User
    from accounts.services import project_create, token_create
    from bench.scoring_speed import pairs_make, teach, texts_make
    from models_app.services.publishing import version_publish
    from models_app.services.rerankers import reranker_ensure
    from training.ml.models.encoder import packaged_folder
    from training.ml.models.save import model_save

    scored, others = texts_make(JUDGED_QUERIES)
    model: CrossEncoder = CrossEncoder(str(packaged_folder()), num_labels=1, device="cpu")
    teach(model, others, steps)
    metadata = {"query_template": "{query}", "passage_template": "{text}", "max_length": TOKENS}
    model_save(model, folder / "model", metadata)
    owner = User.objects.create_user("bencher")
    project = project_create(slug="bench", name="Bench", owner=owner)
    version = version_publish(
        reranker=reranker_ensure(project=project, name="finder", created_by=owner),
        folder=folder / "model", job=None, base_model="", metrics={}, lineage={}, facts={},
        snapshot_digest=frozen(project, pairs_make(scored, JUDGED_QUERIES, 10), folder),
        created_by=owner,
    )  # fmt: skip
    return str(version), token_create(user=owner, name="service").secret


def frozen(project: "Project", pairs: Sequence["Pair"], folder: Path) -> str:
    """Import judged pairs, freeze them, and return the snapshot's digest."""
    from django.core.management import call_command

    from annotate.services.snapshots import snapshot_create, snapshot_freeze

    rows = [
        {
            "query_id": each.query_id,
            "query": each.query,
            "passage_id": each.passage_id,
            "passage": each.text,
            "label": int(each.grade),
        }
        for each in pairs
    ]
    (folder / "pairs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    call_command("import_data", project.slug, str(folder / "pairs.jsonl"), format="jsonl")
    splits = {"train": 0.4, "dev": 0.5, "test": 0.1}
    snapshot = snapshot_create(project=project, created_by=None, splits=splits)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    if not snapshot.digest:
        raise SystemExit(f"nothing was frozen: {snapshot.error}")
    return snapshot.digest


def documents() -> list[str]:
    """Return texts that are longer than the version reads."""
    from bench.scoring_speed import texts_make

    scored, others = texts_make(400)
    return [text for _, text in [*scored, *others] if len(text.split()) > TOKENS]


@contextmanager
def scorer(folder: Path, *, backends: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Run the scorer until it is not needed any more; yield its process."""
    from models_app.rerank.base import RefusedError
    from models_app.rerank.scorer import scorer_state

    environment = {**os.environ, "SCORER_BACKENDS": str(backends)}
    argv = [sys.executable, "manage.py", "run_scorer"]
    with (folder / "scorer.log").open("ab") as log:
        running = subprocess.Popen(argv, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(300):
            try:
                scorer_state()
                break
            except RefusedError:
                time.sleep(0.2)
        yield running
    finally:
        running.terminate()
        running.wait(20)


class Service:
    """A service that has its candidates ranked; each request is a connection, as with most."""

    def __init__(self, address: str, token: str, model: str) -> None:
        self._at, self._model = urlsplit(address), model
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def rank(self, query: str, texts: Sequence[str]) -> tuple[float, dict[str, str]]:
        """Return the seconds of one request, and the headers of its answer."""
        body = json.dumps({"model": self._model, "query": query, "documents": list(texts)})
        begun = time.perf_counter()
        with closing(HTTPConnection(self._at.hostname or "", self._at.port, timeout=120)) as link:
            link.request("POST", "/v2/rerank", body, self._headers)
            response = link.getresponse()
            answer: Any = json.loads(response.read())
        seconds = time.perf_counter() - begun
        if response.status != 200 or len(answer["results"]) != len(texts):
            raise SystemExit(f"{response.status}: {answer}")
        return seconds, dict(response.getheaders())


def timed(service: Service, texts: Sequence[str], requests: int) -> tuple[float, str]:
    """Return the median seconds of a request, and what computed it; nobody else asks meanwhile."""
    waits, backend = [], ""
    service.rank("how is a file read", texts[:CANDIDATES])
    for number in range(requests):
        own = [texts[(number * 37 + place) % len(texts)] for place in range(CANDIDATES)]
        seconds, headers = service.rank(f"how is it done {number}", own)
        waits.append(seconds)
        backend = headers["X-Arbiter-Backend"]
    middle = statistics.median(waits)
    print(
        f"{CANDIDATES} candidates of {TOKENS} tokens by {backend}: median {middle:.3f} s,"
        f" {min(waits):.3f} to {max(waits):.3f} in {requests} requests",
        flush=True,
    )
    return middle, backend


def chosen(begun: float) -> None:
    """Wait until the scorer has chosen a backend."""
    from models_app.rerank.scorer import scorer_state

    while scorer_state()["choosing"]:
        if time.monotonic() - begun > PATIENCE:
            raise SystemExit("no backend was chosen in time")
        time.sleep(1)
    print(f"backends tried within {time.monotonic() - begun:.0f} s, while torch served")


def together(services: Sequence[Service], texts: Sequence[str], requests: int) -> None:
    """Print how many pairs are scored a second for callers with few candidates each."""
    from models_app.rerank.scorer import scorer_state

    def few(service: Service, start: int) -> None:
        for number in range(requests):
            own = [texts[(start + number * 11 + place) % len(texts)] for place in range(FEW)]
            service.rank(f"how is it done {start} {number}", own)

    for callers in (1, len(services)):
        before = scorer_state()
        begun = time.perf_counter()
        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(few, services[:callers], range(0, 500 * callers, 500)))
        seconds = time.perf_counter() - begun
        after = scorer_state()
        batches, shared = (after[key] - before[key] for key in ("batches", "batches_shared"))
        print(
            f"{callers} at once, {FEW} candidates each: {callers * FEW * requests / seconds:,.0f}"
            f" pairs/s, {1000 * seconds / requests:.0f} ms a request,"
            f" {shared} of {batches} batches shared",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--callers", type=int, default=8)
    asked = parser.parse_args()
    goals = Goals()
    with own_database() as folder:
        from training.ml.backends.known import BACKENDS

        os.environ["OMP_NUM_THREADS"] = str(os.cpu_count())
        model, token = published(folder, asked.steps)
        texts = documents()
        with served(folder) as address:
            services = [Service(address, token, model) for _ in range(asked.callers)]
            with scorer(folder, backends=False):
                timed(services[0], texts, asked.requests)
            with scorer(folder, backends=True) as running:
                begun = time.monotonic()
                services[0].rank("how is a file read", texts[:CANDIDATES])
                chosen(begun)
                seconds, backend = timed(services[0], texts, asked.requests)
                together(services, texts, asked.requests)
                held = sum(memory("VmRSS", pid) for pid in (running.pid, *_children(running.pid)))
                print(f"memory of the scorer: {held / MIB:,.0f} MiB")
        print((folder / "scorer.log").read_text()[-2500:])
        if backend == "torch" and len(BACKENDS) > 2:
            print("No faster backend is installed or faithful: see requirements-fast.txt.")
        goals.most("seconds of a request", seconds, SECONDS, " s")
    goals.end()


def _children(pid: int) -> list[int]:
    import psutil

    return [each.pid for each in psutil.Process(pid).children(recursive=True)]


if __name__ == "__main__":
    main()
