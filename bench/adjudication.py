"""How fast the list of disagreements answers, and what Dawid-Skene takes, at a million judgments.

    python -m bench.adjudication [--candidates 1000000] [--judgments 1000000] [--freeze]

Fills an embedded database of its own with candidates, half of them judged by two of fifty judges,
about a quarter of those differently. Then asks for the pages and the API's list as a reviewer does,
in this process, rendering included; reads the votes and fits Dawid-Skene; and, with `--freeze`,
freezes a snapshot by majority and one by Dawid-Skene. The goals: 95 of 100 requests below 300 ms;
the model within 60 s and 300 MB.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench._database import own_database
from bench._process import MIB, backend_seconds, memory, peak_reset

if TYPE_CHECKING:  # models can be imported once Django is set up
    from django.test import Client

    from accounts.models import Project

JUDGES: Final = 50
PER_QUERY: Final = 50
GOAL_MS: Final = 300
ROUNDS: Final = 20

# Rows by the million, without the triggers that would ask after each; they are settled afterwards.
FILL: Final = """
SELECT setseed(0.5);
INSERT INTO annotate_text (id, project_id, digest, text)
SELECT i, %(project)s, sha256(convert_to(t, 'UTF8')), t FROM (
    SELECT i, 'passage ' || i || repeat(' of words that nobody reads', 18) AS t
    FROM generate_series(1, %(candidates)s / 5) i) made;
INSERT INTO annotate_passage (id, project_id, external_id, title, text_id, metadata)
SELECT i, %(project)s, 'p' || i, 'Passage ' || i, i, '{}'
FROM generate_series(1, %(candidates)s / 5) i;
INSERT INTO annotate_query (id, project_id, external_id, text, digest, metadata)
SELECT i, %(project)s, 'q' || i, t, sha256(convert_to(t, 'UTF8')), '{}' FROM (
    SELECT i, 'question ' || i || ' about subject ' || i %% 997 AS t
    FROM generate_series(1, %(candidates)s / %(per_query)s) i) made;
INSERT INTO annotate_candidate (id, project_id, query_id, passage_id, position, metadata)
SELECT i, %(project)s, (i - 1) / %(per_query)s + 1, i::bigint * 7919 %% (%(candidates)s / 5) + 1,
       (random() * 1e15)::bigint, '{}'
FROM generate_series(1, %(candidates)s) i;
INSERT INTO annotate_run (id, project_id, name) VALUES (1, %(project)s, 'bm25');
INSERT INTO annotate_proposal (run_id, candidate_id, rank, score)
SELECT 1, i, (i - 1) %% %(per_query)s + 1, random() FROM generate_series(1, %(candidates)s) i;
INSERT INTO annotate_judgment (id, project_id, candidate_id, person_id, kind, action, grade_id,
                               slot, seconds, comment, flagged, evidence)
SELECT gen_random_uuid(), %(project)s, i, (%(people)s::bigint[])[person + 1], 'counted', 'grade',
       (%(grades)s::bigint[])[1 + CASE WHEN random() < 0.15 THEN (random() * 3)::integer
                                  ELSE least(3, abs(hashint4(i)) %% 9) END],
       slot, 3.5, 'Because of the second sentence.', random() < 0.01, '[]'
FROM generate_series(1, %(judgments)s / 2) i
CROSS JOIN LATERAL (VALUES (1, i %% %(judges)s),
                           (2, (i %% %(judges)s + 1 + i / 50 %% (%(judges)s - 1)) %% %(judges)s))
    AS by (slot, person);
SELECT annotate_dispute_settle(ARRAY(SELECT generate_series(i, least(i + 9999, %(judgments)s / 2))))
FROM generate_series(1, %(judgments)s / 2, 10000) i;
"""
TABLES: Final = ("text", "passage", "query", "candidate", "run", "proposal", "judgment", "dispute")


def processor() -> float:
    """Processor seconds of this process and of its database connection so far."""
    return time.process_time() + backend_seconds()


def verdict(met: bool) -> str:
    return "met" if met else "missed"


def fill(candidates: int, judgments: int) -> "Project":
    """Make the project and its rows."""
    from django.db import connection

    from accounts.models import Member, Role, User
    from accounts.services import project_create, user_create

    owner = user_create(username="bencher")
    grades = [{"value": value, "name": f"Grade {value}"} for value in range(4)]
    project = project_create(slug="bench", name="Bench", owner=owner, overlap=2, grades=grades)
    names = [f"judge-{number:02d}" for number in range(JUDGES)]
    people = User.objects.bulk_create(User(username=name) for name in names)
    Member.objects.bulk_create(
        Member(project=project, user=user, role=Role.ANNOTATOR) for user in people
    )
    values: dict[str, Any] = {
        "project": project.pk,
        "candidates": candidates,
        "judgments": judgments,
        "per_query": PER_QUERY,
        "judges": JUDGES,
        "people": [user.pk for user in people],
        "grades": [grade.pk for grade in project.scheme],
    }
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE annotate_{table} DISABLE TRIGGER USER")
        for statement in FILL.strip().split(";\n"):
            if statement.strip():
                cursor.execute(statement, values if "%(" in statement else None)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE annotate_{table} ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE")
    return project


def timed(call: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Return the median and the 95th percentile in ms, and processor ms per call."""
    call()
    seconds, before = [], processor()
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    used = (processor() - before) / rounds
    return float(np.median(seconds)) * 1e3, float(np.percentile(seconds, 95)) * 1e3, used * 1e3


def lists(client: "Client", candidate: int) -> None:
    """Ask for the list in many ways, and for one case."""
    page, api = "/projects/bench/adjudications/", "/api/v1/projects/bench/adjudications/"
    far = str(client.get(f"{api}?page_size=500").json()["next"])
    asked: Mapping[str, str] = {
        "page": page,
        "page, all that was raised": f"{page}?show=all",
        "page, across the relevant line": f"{page}?show=crossing",
        "page, flagged": f"{page}?show=flagged",
        "page, a query's words": f"{page}?q=subject 17",
        "page, words of most queries": f"{page}?q=question",
        "page, a judge": f"{page}?judge=judge-07",
        "page, adjudicated": f"{page}?state=done",
        "API": api,
        "API, far down": far.replace("page_size=500", "page_size=50"),
        "case": f"{page}{candidate}/",
    }
    for name, url in asked.items():
        median, high, used = timed(partial(client.get, url))
        print(f"{name:32} p50 {median:6.0f} ms  p95 {high:6.0f} ms  processor {used:5.0f} ms"
              f"  goal {GOAL_MS} ms: {verdict(high <= GOAL_MS)}")  # fmt: skip


def model(project: "Project") -> None:
    """Read the votes and fit the model; print seconds and memory."""
    from annotate.resolving.dawid_skene import dawid_skene
    from annotate.selectors.votes import votes_of

    peak_reset()
    idle, start, used = memory("VmRSS"), time.perf_counter(), processor()
    votes = votes_of(project)
    read = time.perf_counter() - start
    fitted = dawid_skene(
        np.asarray(votes.item), np.asarray(votes.judge), np.asarray(votes.grade), grades=4,
        known=np.asarray(votes.known),
    )  # fmt: skip
    whole, peak = time.perf_counter() - start, memory("VmHWM") - idle
    print(f"Dawid-Skene: {len(votes.item):,} votes of {len(votes.judges)} judges on"
          f" {len(votes.candidates):,} candidates: {whole:.1f} s ({read:.1f} s to read them),"
          f" processor {processor() - used:.1f} s, {fitted.iterations} iterations,"
          f" {peak / MIB:.0f} MB above idle")  # fmt: skip
    print(f"goal 60 s and 300 MB: {verdict(whole <= 60 and peak <= 300 * MIB)}")


def snapshots(project: "Project") -> None:
    """Freeze by majority and by the model; print seconds and memory of each."""
    from django.db import transaction

    from annotate.freezing import freeze
    from annotate.frozen.splitting import DEFAULT_SPLITS
    from annotate.models.snapshots import DEFAULT_POLICY

    for resolve in ("majority", "dawid_skene"):
        peak_reset()
        idle, start, used = memory("VmRSS"), time.perf_counter(), processor()
        with TemporaryDirectory() as folder, transaction.atomic():
            policy = {**DEFAULT_POLICY, "resolve": resolve}
            done = freeze(
                project, Path(folder), seed=1, policy=policy, shares=DEFAULT_SPLITS, key=bytes(32)
            )
        print(f"snapshot by {resolve}: {time.perf_counter() - start:.0f} s,"
              f" processor {processor() - used:.0f} s,"
              f" {(memory('VmHWM') - idle) / MIB:.0f} MB above idle;"
              f" {done.statistics['resolution']}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--freeze", action="store_true", help="freeze two snapshots as well")
    wanted = parser.parse_args()
    with own_database():
        from django.conf import settings
        from django.core.management import call_command
        from django.test import Client

        from accounts.models import User
        from annotate.models import Dispute

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("collectstatic", interactive=False, verbosity=0)  # pages name their files
        start = time.perf_counter()
        project = fill(wanted.candidates, wanted.judgments)
        print(f"{wanted.candidates:,} candidates, {wanted.judgments:,} judgments,"
              f" {Dispute.objects.count():,} disputes in {time.perf_counter() - start:.0f} s;"
              f" load {os.getloadavg()[0]:.1f}")  # fmt: skip
        client = Client()
        client.force_login(User.objects.get(username="bencher"))
        first = Dispute.objects.order_by("-importance").values_list("pk", flat=True)[0]
        lists(client, first)
        model(project)
        if wanted.freeze:
            snapshots(project)


if __name__ == "__main__":
    main()
