"""How long it takes to measure how far people agree, and how much memory.

    python -m bench.agreement [--queries 20000] [--judgments 1000000] [--judges 10]

Makes a project with an overlap of 2, two judgments on each candidate (three of four as the truth
has it), near-identical queries, and three runs of 60% of the candidates, in an embedded database of
its own; then measures agreement as a worker does, and reads the kept figures as a page does. Prints
seconds, those of the processor, and memory above that of the idle process. The goals are ours: a
million judgments in seconds, not minutes (at most 60 of either), at most 1000 MiB above idle, and
at most 1 s for the page.
"""

import argparse
import os
import time
from typing import TYPE_CHECKING, Any

from bench._database import own_database
from bench._process import MIB, backend_seconds, memory, peak_reset

if TYPE_CHECKING:  # models can be imported once Django is set up
    from django.db.backends.utils import CursorWrapper

    from accounts.models import Project

SECONDS, MEMORY, PAGE = 60.0, 1000.0, 1.0
GRADES = tuple({"value": value, "name": f"Grade {value}"} for value in range(4))
RUNS = ("bm25", "dense", "hybrid")


def project_fill(queries: int, candidates: int, judges: int) -> "Project":
    """Make a project with `candidates` per query, each judged by two, in the database's own way.

    By INSERT ... SELECT with the triggers that look at single rows off: what is measured is
    reading.
    """
    from django.db import connection

    from accounts.models import Role
    from accounts.services import member_set, project_create, user_create

    owner = user_create(username="bencher")
    project = project_create(slug="bench", name="Bench", owner=owner, overlap=2, grades=GRADES)
    people = [user_create(username=f"judge-{number}") for number in range(judges)]
    for person in people:
        member_set(project=project, user=person, role=Role.ANNOTATOR)
    values = {"p": project.pk, "queries": queries, "each": candidates, "judges": judges}
    with connection.cursor() as cursor:
        _triggers(cursor, "DISABLE")
        cursor.execute("SELECT setseed(0.5)")
        for statement in _TEXTS:
            cursor.execute(statement, values)
        _judge(project, [person.pk for person in people])
        _triggers(cursor, "ENABLE")
        cursor.execute("ANALYZE")
    return project


_TEXTS = (
    # Every tenth query is the one before it, asked politely, with its passages.
    """INSERT INTO annotate_query (project_id, external_id, text, digest, metadata)
       SELECT %(p)s, 'q' || n, text, sha256(text::bytea), '{}' FROM (
           SELECT n, 'how does feature ' || (n - (n %% 10 = 1)::int) || ' of the library work'
                     || CASE WHEN n %% 10 = 1 THEN ' please' ELSE '' END AS text
           FROM generate_series(1, %(queries)s) n) made ORDER BY n""",
    """INSERT INTO annotate_text (project_id, digest, text)
       SELECT %(p)s, sha256(text::bytea), text FROM (
           SELECT repeat('word ' || n || ' ', 40) AS text
           FROM generate_series(1, %(queries)s * %(each)s / 3 + 1) n) made""",
    """INSERT INTO annotate_passage (project_id, external_id, title, text_id, metadata)
       SELECT %(p)s, 'p' || id, '', id, '{}' FROM annotate_text WHERE project_id = %(p)s""",
    """WITH q AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM annotate_query),
            p AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM annotate_passage)
       INSERT INTO annotate_candidate (project_id, query_id, passage_id, position, metadata, wanted)
       SELECT %(p)s, q.id, p.id, q.n * %(each)s + c, '{}', false
       FROM q CROSS JOIN generate_series(0, %(each)s - 1) c
       JOIN p ON p.n = ((q.n - (q.n %% 10 = 1)::int) * %(each)s + c)
                       %% (SELECT count(*) FROM p)""",
)
_JUDGMENTS = """
    INSERT INTO annotate_judgment (id, project_id, candidate_id, person_id, kind, action, grade_id,
                                   slot, evidence)
    SELECT gen_random_uuid(), %(p)s, c.id,
           (%(people)s::bigint[])[
               1 + (c.who + s * (1 + c.who %% (%(judges)s - 1))) %% %(judges)s
           ],
           'counted', 'grade',
           (%(grades)s::bigint[])[1 + CASE WHEN random() < 0.75
               THEN greatest(0, c.what %% 10 - 6) ELSE floor(random() * 4) END::int],
           s + 1, '[]'
    FROM (SELECT id, abs(hashint8extended(id, 1) %% 10007) AS who,
                 abs(hashint8extended(id, 2) %% 10007) AS what
          FROM annotate_candidate WHERE project_id = %(p)s) c CROSS JOIN generate_series(0, 1) s
"""
_PROPOSALS = """
    INSERT INTO annotate_proposal (run_id, candidate_id, rank)
    SELECT %(run)s, id, row_number() OVER (PARTITION BY query_id ORDER BY random())
    FROM annotate_candidate WHERE project_id = %(p)s AND random() < 0.6
"""


def _triggers(cursor: "CursorWrapper", what: str) -> None:
    for table in ("annotate_candidate", "annotate_judgment", "annotate_proposal"):
        cursor.execute(f"ALTER TABLE {table} {what} TRIGGER USER")


def _judge(project: "Project", people: list[int]) -> None:
    from django.db import connection

    from annotate.models import Run

    grades = [grade.pk for grade in project.scheme]
    values: dict[str, Any] = {"p": project.pk, "judges": len(people)}
    values |= {"people": people, "grades": grades}
    with connection.cursor() as cursor:
        cursor.execute(_JUDGMENTS, values)
        for name in RUNS:
            run = Run.objects.create(project=project, name=name)
            cursor.execute(_PROPOSALS, {"p": project.pk, "run": run.pk})


def line(name: str, value: float, unit: str, goal: float) -> None:
    verdict = "met" if value <= goal else "missed"
    print(f"{name}: {value:,.2f} {unit} (goal: at most {goal:,.0f} {unit}): {verdict}")


def measure(project: "Project") -> None:
    """Measure as a worker does, read as a page does, and print what it took."""
    from annotate.models import AgreementReport
    from annotate.selectors import agreement  # loads scipy and statsmodels, once in a worker's life
    from annotate.services.agreement import agreement_current, agreement_measure

    assert agreement.agreement_of is not None
    report = AgreementReport.objects.create(project=project, with_imported=False)
    peak_reset()
    idle, own, server = memory("VmRSS"), time.process_time(), backend_seconds()
    start = time.perf_counter()
    agreement_measure(report_id=report.pk)
    seconds = time.perf_counter() - start
    own, server = time.process_time() - own, backend_seconds() - server
    peak = memory("VmHWM")
    start = time.perf_counter()
    report, moment = agreement_current(project=project, with_imported=False)
    page = time.perf_counter() - start
    result = report.result or {}
    assert report.fingerprint == moment.fingerprint
    print(
        f"{result['judgments']:,} judgments of {len(result['judges'])} on {result['candidates']:,}"
        f" candidates of {result['queries']:,} queries: {result['pairs_total']} pairs of judges,"
        f" {len(result['slices'])} slices, {result['conflicts_total']:,} conflicts"
    )
    line("measured in", seconds, "s", SECONDS)
    line("of the processor", own + server, "s", SECONDS)
    print(f"  {own:.1f} s in this process, {server:.1f} s in the database server")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    line("memory above idle", (peak - idle) / MIB, "MiB", MEMORY)
    line("the kept figures read in", page, "s", PAGE)
    for name in ("percent", "cohen", "fleiss", "alpha_ordinal"):
        figure = result["figures"][name]
        print(f"  {name} {figure['value']:.4f} [{figure['low']:.4f}, {figure['high']:.4f}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--judgments", type=int, default=1_000_000)
    parser.add_argument("--judges", type=int, default=10)
    wanted = parser.parse_args()
    candidates = wanted.judgments // 2 // wanted.queries
    with own_database():
        measure(project_fill(wanted.queries, candidates, wanted.judges))


if __name__ == "__main__":
    main()
