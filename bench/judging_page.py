"""How long a person waits at the judging page: from the key to the frame that shows the next item.

    python -m bench.judging_page [--keys 60] [--length 1200]

Starts the product's own web server on a database of its own, drives a real chromium (Playwright
from requirements-dev.txt) and reads the `performance` measures that the page writes itself. The
browser delays every answer of the server: by 200 ms, where the goal is a 95th percentile of at
most 50 ms, and by 1 s, where it is 100 ms. Also with passages of 20,000 characters, and as a list.
"""

import argparse
import http.client
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import psutil

from bench._database import own_database

if TYPE_CHECKING:  # a development requirement
    from playwright.sync_api import Browser, Page

PASSWORD: Final = secrets.token_urlsafe()
EVERY: Final = 350  # ms between two keys: faster than anybody reads
LONG: Final = 20_000
WORDS: Final = """the index of a passage is built from its words and each query is answered by
ranking them while readers judge whether answers fit what was asked about storage memory retrieval
pipelines documents embeddings scores models training evaluation and the cost of search"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the product as `make run` does, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "16"]
    with (folder / "web.log").open("w") as log:
        server = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=os.environ)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            if time.monotonic() > deadline:
                raise SystemExit((folder / "web.log").read_text())
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def fill(slug: str, length: int, number: int) -> None:
    """Make a project with `number` candidates of `length` characters, ten to a query."""
    from accounts.models import User
    from accounts.services import project_create
    from annotate.models import Candidate, Passage, Query, Text
    from annotate.models.texts import text_digest

    rng, words = np.random.default_rng(length), WORDS.split()
    project = project_create(slug=slug, name=slug, owner=User.objects.get(username="bencher"))
    for position in range(number):
        if position % 10 == 0:
            asked = f"how is {rng.choice(words)} {rng.choice(words)} of retrieval {position}"
            query = Query.objects.create(project=project, text=asked, digest=text_digest(asked))
        body = f"{position} {' '.join(rng.choice(words, length // 4))}"[:length]
        stored = Text.objects.create(project=project, text=body, digest=text_digest(body))
        passage = Passage.objects.create(project=project, title=body[:50], text=stored)
        Candidate.objects.create(project=project, query=query, passage=passage, position=position)


def waits(page: "Page", url: str, keys: int, delay: int) -> tuple[list[float], list[float]]:
    """Judge with `keys` keys, each answer of the server `delay` ms late; return each wait in ms.

    Those of the key that goes on to the next query of a list come apart as well.
    """
    page.goto(url)
    page.wait_for_selector("html[data-judging=live]")
    page.wait_for_timeout(1000)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": delay, "downloadThroughput": -1, "uploadThroughput": -1}
    wire.send("Network.emulateNetworkConditions", slow)
    onward: list[int] = []
    for number in range(keys):
        page.wait_for_selector("#item:visible")
        over = page.locator("#rows-end.here").count()  # a list, all of it judged
        onward += [number] if over else []
        page.keyboard.press("Enter" if over else str(number % 2))
        page.wait_for_timeout(EVERY)
    found: list[float] = page.evaluate(
        "() => performance.getEntriesByName('arbiter:next').map((entry) => entry.duration)"
    )
    if len(found) != keys:
        raise SystemExit(f"{keys} keys, and {len(found)} measures of them")
    return found, [found[number] for number in onward]


def report(name: str, found: list[float], goal: int) -> bool:
    """Print what was measured beside its goal; says whether it is met."""
    ordered = sorted(found)
    p95 = ordered[max(0, -(-95 * len(ordered) // 100) - 1)]
    met = p95 <= goal
    print(
        f"{name}: n={len(ordered)} p50={statistics.median(ordered):.1f} ms p95={p95:.1f} ms"
        f" max={ordered[-1]:.1f} ms; goal p95 <= {goal} ms: {'met' if met else 'missed'}"
    )
    return met


def measure(browser: "Browser", base: str, keys: int, length: int) -> bool:
    """Take every measurement; says whether all goals are met."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("Username").fill("bencher")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")
    met = True
    for delay, goal in ((200, 50), (1000, 100)):
        for slug, layout, what in (
            ("usual", "one", f"{length:,} characters"),
            ("long", "one", f"{LONG:,} characters"),
            ("listed", "list", f"list of {length:,} characters"),
        ):
            fill(f"{slug}-{delay}", LONG if slug == "long" else length, keys + 40)
            url = f"{base}/projects/{slug}-{delay}/judge/?layout={layout}"
            before = psutil.cpu_times()
            found, onward = waits(page, url, keys, delay)
            now = psutil.cpu_times()
            busy = now.user + now.system - before.user - before.system
            met &= report(f"key to next item, {delay} ms of delay, {what}", found, goal)
            if onward:
                met &= report("  of these, Enter to the next query", onward, goal)
            load = os.getloadavg()[0]
            print(f"  processor: {busy:.1f} s of the whole machine, load {load:.1f}")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--length", type=int, default=1200, help="characters of a usual passage")
    wanted = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("left out: it needs Playwright, from requirements-dev.txt")
        return 0
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, None)
    if path is None:
        print("left out: there is no chromium")
        return 0
    with own_database() as folder, served(folder) as base:
        from accounts.services import user_create

        user_create(username="bencher", password=PASSWORD)
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            met = measure(browser, base, wanted.keys, wanted.length)
            browser.close()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
