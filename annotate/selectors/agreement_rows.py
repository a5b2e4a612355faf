"""The current grades of a project as columns, straight from PostgreSQL's binary COPY."""

from typing import Final

import numpy as np
from django.db import connection
from psycopg import sql
from psycopg.abc import Query

from accounts.models import Project
from annotate.agreement.observed import Ints, Judgments, Scheme
from annotate.agreement.report import Material
from annotate.agreement.systems import Run
from annotate.selectors.facets import facets_of

RUNS_MAX: Final = 20
"""The runs that are compared: those that proposed the most of what several have judged."""
_HEAD: Final = 19  # of binary COPY: its signature, flags, and the length of an empty extension
_BLOCK: Final = 8 << 20

_GRADES: Final = sql.SQL("""
    SELECT c.query_id, j.candidate_id, coalesce(j.person_id, -j.source_id), j.grade_id,
           (extract(year FROM j.created_at) * 12 + extract(month FROM j.created_at) - 1)::bigint,
           p.text_id, hashtextextended(p.title, 0)
    FROM annotate_judgment j
    JOIN annotate_candidate c ON c.id = j.candidate_id
    JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_query q ON q.id = c.query_id
    WHERE j.project_id = {project} AND j.current AND j.action = 'grade'
      AND (j.kind = 'counted' OR {imported} AND j.kind = 'imported')
      AND c.withdrawn_at IS NULL AND p.withdrawn_at IS NULL AND q.withdrawn_at IS NULL
""")
_PREFERENCES: Final = sql.SQL("""
    SELECT o.query_id, j.pair_id, j.person_id,
           CASE j.preferred_id WHEN o.first_id THEN 0 WHEN o.second_id THEN 1 ELSE 2 END::bigint,
           (extract(year FROM j.created_at) * 12 + extract(month FROM j.created_at) - 1)::bigint
    FROM annotate_preference j JOIN annotate_pair o ON o.id = j.pair_id
    WHERE j.project_id = {project} AND j.current AND j.slot IS NOT NULL
      AND annotate_pair_is_there(o)
""")
# Of what several have judged. Ranks, or where a run has none the order of its scores.
_RANKS: Final = sql.SQL("""
    SELECT run_id, candidate_id, -coalesce(rank::bigint, place) FROM (
        SELECT x.run_id, x.candidate_id, x.rank,
               row_number() OVER (PARTITION BY x.run_id
                                  ORDER BY x.score DESC NULLS LAST, x.candidate_id) AS place,
               bool_or(x.rank IS NOT NULL) OVER (PARTITION BY x.run_id) AS ranked
        FROM annotate_proposal x JOIN (
            SELECT candidate_id FROM annotate_judgment j
            WHERE j.project_id = {project} AND j.current AND j.action = 'grade'
              AND j.kind IN ('counted', 'imported')
            GROUP BY candidate_id HAVING count(*) > 1
        ) judged USING (candidate_id)
    ) proposed WHERE rank IS NOT NULL OR NOT ranked ORDER BY run_id, candidate_id
""")


def material_of(project: Project, *, with_imported: bool) -> Material:
    """Read what agreement is measured of: grades of people, and of import sources if asked for.

    Only what holds and counts, on what is not withdrawn. Memory: about 100 bytes a judgment.
    """
    grades = {grade.pk: place for place, grade in enumerate(project.scheme)}
    statement = _GRADES.format(project=project.pk, imported=with_imported)
    query, candidate, judge, grade, month, text, title = _columns(statement, 7)
    places = np.zeros(max(grades, default=0) + 1, dtype=np.int64)
    places[list(grades)] = list(grades.values())
    return Material(
        scheme=scheme_of(project),
        judgments=Judgments(query, candidate, judge, places[grade], month),
        text=text,
        title=title,
        queries=_texts(np.unique(query).tolist()),
        runs=_runs(project),
        facets=facets_of(project),
        preferences=Judgments(*_columns(_PREFERENCES.format(project=project.pk), 5)),
    )


def scheme_of(project: Project) -> Scheme:
    """Return a project's grades as agreement takes them."""
    steps = project.scheme
    return Scheme(
        tuple(step.value for step in steps),
        tuple(step.name for step in steps),
        tuple(step.gain for step in steps),
        tuple(step.relevant for step in steps),
    )


def _texts(queries: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, text FROM annotate_query WHERE id = ANY(%s)", [queries])
        return dict(cursor.fetchall())


def _runs(project: Project) -> dict[str, Run]:
    """Return the runs by name, with their candidates that several have judged."""
    names = dict(project.runs.values_list("pk", "name"))
    if not names:
        return {}
    run, candidate, score = _columns(_RANKS.format(project=project.pk), 3)
    found, sizes = np.unique(run, return_counts=True)
    largest = found[np.lexsort((found, -sizes))][:RUNS_MAX].tolist()
    parts = {names[key]: run == key for key in largest if key in names}
    return {
        name: Run(candidate[part], score[part].astype(np.float64))
        for name, part in sorted(parts.items())
    }


def _columns(statement: Query, count: int) -> list[Ints]:
    """Return the `count` columns of a statement whose values are all bigint and never null."""
    # Each row: how many values, then for each its length and itself, the highest byte first.
    row = np.dtype([("n", ">i2"), ("values", [("size", ">i4"), ("it", ">i8")], (count,))])
    blocks: list[Ints] = []
    held = bytearray()

    def decoded() -> Ints:
        whole = len(held) // row.itemsize
        values = np.frombuffer(bytes(held[: whole * row.itemsize]), dtype=row)["values"]["it"]
        del held[: whole * row.itemsize]
        return values.T.astype(np.int64)

    with connection.cursor() as cursor:
        copied = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(statement)
        with cursor.copy(copied) as copy:
            head = 0
            for piece in copy:
                held += piece
                if not head and len(held) >= _HEAD:
                    del held[:_HEAD]
                    head = _HEAD
                if len(held) > _BLOCK:
                    blocks.append(decoded())
    blocks.append(decoded())
    return list(np.concatenate(blocks, axis=1))
