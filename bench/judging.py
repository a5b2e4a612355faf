"""How many judgments a second the web part serves, and how long each call takes.

    python -m bench.judging [--candidates 10000 1000000] [--annotators 100] [--seconds 30]

Starts the product's own gunicorn on an embedded database of its own, and lets 100 annotators judge
over HTTP at two judgments a second each: once as the judging page does (items fetched ahead, each
answer sent at once, in a browser's session), once with a lease and a judgment call per judgment, by
token. The goal is 200 judgments per second with a 95th percentile of at most 50 ms per call, and no
slower at a million candidates than at ten thousand, on two cores that the annotators share.
Processor seconds are those of gunicorn, PostgreSQL and the annotators' own process.
"""

import argparse
import asyncio
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from bench._database import own_database
from bench._judges import Connection, Figures, Judge
from config.postgres import port_is_free

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project, User

PACE = 0.5  # seconds between two judgments of one annotator
COMING = 5.0  # seconds within which everybody opens the page
WARM = 15.0  # seconds before figures count: everybody is there and holds what they would
GOAL_RATE, GOAL_MS = 200, 50


FILL = (
    """
    INSERT INTO annotate_text (project_id, digest, text)
    SELECT %(project)s, sha256(convert_to(text, 'UTF8')), text FROM (
        SELECT left(repeat(md5(n::text) || ' ', 20), 490) || ' ' || n AS text
        FROM generate_series(1, %(passages)s) n
    ) made
    """,
    """
    INSERT INTO annotate_passage (project_id, title, text_id, metadata, external_id)
    SELECT project_id, '', id, '{}', 'p' || row_number() OVER (ORDER BY id)
    FROM annotate_text WHERE project_id = %(project)s
    """,
    """
    INSERT INTO annotate_query (project_id, text, digest, metadata, external_id)
    SELECT %(project)s, text, sha256(convert_to(text, 'UTF8')), '{}', 'q' || n FROM (
        SELECT n, 'query number ' || n AS text FROM generate_series(1, %(queries)s) n
    ) made
    """,
    "ANALYZE annotate_query, annotate_passage",  # of this project, too, before they are joined
    """
    INSERT INTO annotate_candidate (project_id, query_id, passage_id, position, metadata)
    SELECT %(project)s, q.id, p.id, hashint8extended(p.id, q.id), '{}'
    FROM generate_series(0, %(n)s - 1) n
    JOIN annotate_query q ON q.project_id = %(project)s
      AND q.external_id = 'q' || (n %% %(queries)s + 1)
    JOIN annotate_passage p ON p.project_id = %(project)s
      AND p.external_id = 'p' || ((n %% %(queries)s * 7 + n / %(queries)s) %% %(passages)s + 1)
    """,
    # What the database does by itself some minutes after an import.
    "VACUUM ANALYZE",
    "CHECKPOINT",
)


def fill(project: "Project", candidates: int) -> None:
    """Store candidates with passages of 500 characters; a fifth as many, a fiftieth of queries."""
    from django.db import connection

    passages, queries = max(1, candidates // 5), max(1, candidates // 50)
    sizes = {"project": project.pk, "n": candidates, "passages": passages, "queries": queries}
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, sizes)


def headers_of(people: "Sequence[User]", *, page: bool) -> list[dict[str, str]]:
    """Log everybody in: a browser's session with its CSRF token, or an API token."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.services import token_create
    from accounts.sessions import SessionStore

    if not page:
        secrets = [token_create(user=each, name="bench", scope="write").secret for each in people]
        return [{"Authorization": f"Bearer {secret}"} for secret in secrets]
    found = []
    for number, each in enumerate(people):
        session = SessionStore()
        session[SESSION_KEY] = str(each.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = each.get_session_auth_hash()
        session.create()
        csrf = f"{number:032d}"
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={csrf}"
        found.append({"Cookie": cookie, "X-CSRFToken": csrf})
    return found


@contextmanager
def web(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Run the product's web part; give its port and process."""
    from django.test import override_settings

    from training.management.commands.up import web_argv

    port = next(port for port in range(8900, 8990) if port_is_free(port))
    with override_settings(ARBITER_BIND=f"127.0.0.1:{port}"):
        argv = web_argv()
    log = (folder / "web.log").open("wb")
    environment = {**os.environ, "ARBITER_BIND": f"127.0.0.1:{port}"}
    process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def spent(root: psutil.Process) -> float:
    """Return the processor seconds of a process and those below it."""
    total = 0.0
    for each in [root, *root.children(recursive=True)]:
        times = each.cpu_times()
        total += times.user + times.system
    return total


async def play(
    judges: Sequence[Judge], figures: Figures, seconds: float, begin: list[float]
) -> None:
    """Let everybody judge; figures count after the warm-up, when `begin` is filled."""
    until = time.perf_counter() + WARM + seconds

    async def warm() -> None:
        await asyncio.sleep(WARM)
        figures.clear()
        begin.append(time.perf_counter())

    await asyncio.gather(warm(), *(judge.run(until) for judge in judges))


def told(name: str, seconds: Sequence[float]) -> str:
    """Put the percentiles of some calls in words, in ms."""
    if not seconds:
        return f"  {name}: no calls"
    middle, high, top = np.percentile(np.array(seconds) * 1000, [50, 95, 99])
    verdict = "met" if high <= GOAL_MS else "missed"
    return (
        f"  {name}: {len(seconds):,} calls, median {middle:.1f} ms, 95% {high:.1f} ms"
        f" (goal {GOAL_MS}: {verdict}), 99% {top:.1f} ms"
    )


def measure(
    project: "Project", people: "Sequence[User]", folder: Path, *, page: bool, seconds: float
) -> None:
    """Let everybody judge for a while in one manner and print what came of it."""
    figures = Figures()
    begin: list[float] = []
    with web(folder) as (port, root):
        judges = [
            Judge(
                api=f"/api/v1/projects/{project.slug}/",
                calls=Connection(port, headers),
                figures=figures,
                pace=PACE,
                coming=COMING,
                page=page,
                number=number,
                judges=len(people),
            )
            for number, headers in enumerate(headers_of(people, page=page))
        ]
        parts = {"gunicorn": root, "PostgreSQL": _postgres(), "annotators": psutil.Process()}
        before = {name: spent(each) for name, each in parts.items()}
        wall = time.perf_counter()
        asyncio.run(play(judges, figures, seconds, begin))
        took = time.perf_counter() - begin[0]
        total = time.perf_counter() - wall
        shares = {name: (spent(each) - before[name]) / total for name, each in parts.items()}
        shares["annotators"] -= (
            shares["gunicorn"] + shares["PostgreSQL"]
        )  # children of this process
    rate = figures.acknowledged / took
    verdict = "met" if rate >= 0.98 * GOAL_RATE else "missed"
    manner = "as the page does" if page else "a lease and a judgment call per judgment"
    load = os.getloadavg()[0]
    print(f"{manner}: {rate:.0f} judgments/s (goal {GOAL_RATE}: {verdict}), load {load:.1f}")
    print(told("lease", figures.lease))
    print(told("judgment", figures.judgment))
    calls = len(figures.lease) + len(figures.judgment)
    print("  processors: " + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))
    for name in ("gunicorn", "PostgreSQL"):
        print(f"  {name}: {1000 * shares[name] * took / calls:.2f} ms of processor per call")


def _postgres() -> psutil.Process:
    """Return the postmaster of the measured database, above the server process that answers us."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent = psutil.Process(cursor.fetchone()[0]).parent()
    assert parent is not None
    return parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--annotators", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--manner", choices=["page", "calls"], nargs="+", default=["page", "calls"])
    wanted = parser.parse_args()
    with own_database() as folder:
        from accounts.services import member_set, project_create, user_create

        people = [user_create(username=f"judge-{n}") for n in range(wanted.annotators)]
        for candidates in wanted.candidates:
            print(f"{candidates:,} candidates, {wanted.annotators} annotators")
            for manner in wanted.manner:
                slug = f"bench-{candidates}-{manner}"
                project = project_create(slug=slug, name="Bench", owner=people[0])
                for person in people[1:]:
                    member_set(project=project, user=person, role="annotator")
                fill(project, candidates)
                measure(project, people, folder, page=manner == "page", seconds=wanted.seconds)


if __name__ == "__main__":
    main()
