"""Downloads of a version of 500 MB: how fast, in how much memory, and who else waits.

    python -m bench.downloads [--megabytes 500] [--rounds 5]

Starts the product's own web server on a database of its own. One client reads the weights from it
and, where it is installed, from nginx (`sendfile on`) in turns. Then eight clients download at
once, at the rate of a gigabit between them and as fast as they can, while judgments are sent one
after another. Goals: 60% of nginx, no more memory in the web server than a few blocks per
download, and judging as fast as without downloads.
"""

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import psutil
from safetensors.numpy import save_file

from bench._database import own_database
from bench._goals import Goals
from bench.judging_page import fill, served

SHARE: Final = 0.6
MEMORY_MIB: Final = 16
SLOWER_MS: Final = 5.0
AT_ONCE: Final = 8
RATE: Final = 125e6 / AT_ONCE  # bytes a second: a gigabit, shared
JUDGED: Final = 150
BLOCK: Final = 1 << 20
MB: Final = 1e6


def read(address: str, path: str, token: str = "", rate: float | None = None) -> tuple[int, float]:
    """Download a file to nowhere; returns its bytes and the seconds that it took."""
    at = urlsplit(address)
    begun = time.monotonic()
    with socket.create_connection((at.hostname or "", at.port or 80)) as link:
        ask = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n"
        link.sendall(f"{ask}Authorization: Bearer {token}\r\n\r\n".encode())
        buffer, got = bytearray(BLOCK), 0
        while count := link.recv_into(buffer):
            if not got and b" 200 " not in buffer[:15]:
                raise SystemExit(bytes(buffer[:300]).decode("latin-1"))
            got += count
            if rate is not None and (ahead := got / rate - (time.monotonic() - begun)) > 0:
                time.sleep(ahead)
    return got, time.monotonic() - begun


@contextmanager
def nginx(folder: Path, root: Path) -> Iterator[str | None]:
    """Serve a folder with nginx, and yield its address; None where it is not installed."""
    program = shutil.which("nginx")
    if program is None:
        print("nginx is not installed: there is nothing to compare the speed with")
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = "".join(
        f"{name}_temp_path {folder}/nginx;"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"user {psutil.Process().username()};\n"
        "events { worker_connections 64; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    server = subprocess.Popen([program, "-p", str(folder), "-c", str(config)])
    try:
        for _ in range(100):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def published(folder: Path, megabytes: int) -> tuple[str, Path, str]:
    """Publish a version; returns the path of its weights, their file, and a token."""
    from accounts.blobs import blob_path
    from accounts.models import User
    from accounts.services import token_create
    from models_app.services.publishing import version_publish
    from models_app.services.rerankers import reranker_ensure

    user = User.objects.get(username="bencher")
    project = user.memberships.get().project
    model = folder / "model"
    model.mkdir()
    rows = np.random.default_rng(1).normal(size=(megabytes * 250, 1000)).astype(np.float32)
    save_file({"embeddings.weight": rows}, model / "model.safetensors")
    (model / "config.json").write_text('{"model_type": "bert", "num_labels": 1}\n')
    version = version_publish(
        reranker=reranker_ensure(project=project, name="large", created_by=user),
        folder=model, job=None, base_model="", metrics={}, lineage={}, facts={}, created_by=user,
    )  # fmt: skip
    weights = version.artifacts.get(path="model.safetensors")
    stored = blob_path(weights.sha256)
    if stored is None:
        raise SystemExit("the storage is elsewhere")
    token = token_create(user=user, name="bench", scope="write").secret
    return f"/{version.reranker.repo_id}/resolve/v1/model.safetensors", stored, token


def judge(address: str, token: str, number: int) -> list[float]:
    """Lease and judge candidates one by one; returns the milliseconds of each judgment."""
    at = urlsplit(address)
    link = HTTPConnection(at.hostname or "", at.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(path: str, body: dict[str, Any]) -> tuple[dict[str, Any], float]:
        begun = time.monotonic()
        link.request("POST", f"/api/v1/projects/judged/{path}/", json.dumps(body), headers)
        answer = link.getresponse()
        data: dict[str, Any] = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(str(data))
        return data, 1000 * (time.monotonic() - begun)

    waited = []
    for _ in range(number):
        (item,) = call("tasks/lease", {"count": 1})[0]["items"]
        one = {"id": str(uuid.uuid4()), "candidate": item["candidate"], "grade": 1, "seconds": 1.0}
        waited.append(call("judgments", {"judgments": [one]})[1])
    return waited


def during(
    downloads: Callable[[threading.Event], None], work: Callable[[], list[float]]
) -> list[float]:
    """Work while eight clients download again and again."""
    over = threading.Event()
    threads = [threading.Thread(target=downloads, args=(over,)) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    found = work()
    over.set()
    for thread in threads:
        thread.join()
    return found


def resident(pid: int) -> float:
    """Memory that the web server's processes have for themselves, in MiB."""
    main = psutil.Process(pid)
    each = [main, *main.children(recursive=True)]
    return float(sum(process.memory_full_info().uss for process in each)) / (1 << 20)


def web_process() -> int:
    found = [p.pid for p in psutil.Process().children() if "gunicorn" in " ".join(p.cmdline())]
    return found[0]


def told(name: str, waits: list[float]) -> float:
    """Print the median and the 95th percentile of some waits, and return the latter."""
    high = float(np.percentile(waits, 95))
    print(f"judging {name}: median {statistics.median(waits):.1f} ms, p95 {high:.1f} ms")
    return high


def speeds(get: Callable[[], tuple[int, float]], rounds: int) -> list[float]:
    """Download a few times; returns the megabytes a second of each."""
    return [size / seconds / MB for size, seconds in (get() for _ in range(rounds))]


def compare_speed(
    ours: Callable[[], tuple[int, float]],
    theirs: Callable[[], tuple[int, float]] | None,
    rounds: int,
    goals: Goals,
) -> None:
    """Download from both in turns, and hold the share against its goal."""
    found: dict[str, list[float]] = {"ours": [], "nginx": []}
    for get in (ours, theirs) if theirs else (ours,):
        get()  # once to hash it, and to have it in the memory of the disk
    for _ in range(rounds):
        found["ours"] += speeds(ours, 1)
        found["nginx"] += speeds(theirs, 1) if theirs else []
    for name, values in found.items():
        if values:
            middle, low, high = statistics.median(values), min(values), max(values)
            print(f"{name}: {middle:,.0f} MB/s ({low:,.0f} to {high:,.0f})")
    if theirs:
        shares = [one / other for one, other in zip(found["ours"], found["nginx"], strict=True)]
        goals.least("of nginx's speed", statistics.median(shares), SHARE)


def compare_judging(
    address: str, token: str, get: Callable[[float | None], object], goals: Goals
) -> None:
    """Judge alone and beside downloads, and watch the web server's memory."""
    with ThreadPoolExecutor(AT_ONCE) as first:  # every process has then imported what it needs
        list(first.map(lambda _: judge(address, token, 5), range(AT_ONCE)))
    alone = told("alone", judge(address, token, JUDGED))
    pid = web_process()
    before, peaks = resident(pid), [0.0]

    def watched() -> list[float]:
        waits = judge(address, token, JUDGED)
        peaks.append(resident(pid))
        return waits

    def again(rate: float | None) -> Callable[[threading.Event], None]:
        def run(over: threading.Event) -> None:
            while not over.is_set():
                get(rate)

        return run

    shared = told("beside 8 downloads of a gigabit", during(again(RATE), watched))
    told("beside 8 downloads as fast as this machine's own clients", during(again(None), watched))
    goals.most("judging slower, p95", shared - alone, SLOWER_MS, " ms")
    goals.most("memory of the web server above idle", max(peaks) - before, MEMORY_MIB, " MiB")


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    goals = Goals()
    with own_database() as folder:
        from accounts.services import user_create

        user_create(username="bencher")
        fill("judged", 800, 4 * JUDGED)
        path, stored, token = published(folder, chosen.megabytes)
        with served(folder) as ours, nginx(folder, stored.parent) as theirs:

            def get(rate: float | None = None) -> tuple[int, float]:
                return read(ours, path, token, rate)

            other = partial(read, theirs, f"/{stored.name}") if theirs else None
            compare_speed(get, other, chosen.rounds, goals)
            compare_judging(ours, token, get, goals)
    goals.end()


if __name__ == "__main__":
    main()
