"""The current judgments of a project, in the order and under the names that snapshots use."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection, transaction

from accounts.models import Project

QUERY_KEY: Final = "COALESCE(q.external_id, 'sha256:' || encode(q.digest, 'hex'))"
PASSAGE_KEY: Final = "COALESCE(p.external_id, 'sha256:' || encode(t.digest, 'hex'))"
CURRENT: Final = """
    j.current AND j.action = 'grade' AND j.kind IN ('counted', 'adjudication', 'imported')
    AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL AND c.withdrawn_at IS NULL
"""
# A judgment's kind as `annotate.resolving.resolution` ranks it; `s` is its source, if it has one.
RANKED_KIND: Final = """
    CASE s.voice WHEN 'adjudication' THEN 'decided' WHEN 'person' THEN 'judged' ELSE j.kind END
"""


ROWS: Final = 2_000  # read at once


class LabelRow(NamedTuple):
    """One current judgment with its candidate's texts and first-stage rank.

    `kind` is of `annotate.resolving.resolution.RANKS`; `query_metadata` is JSON.
    """

    candidate_id: int
    query_key: str
    query: str
    passage_key: str
    title: str
    text: str
    text_digest: bytes
    judgment_id: str
    kind: str
    grade_id: int
    person_id: int | None
    person: str | None
    source: str | None
    rank: int | None
    score: float | None
    query_metadata: str


class FirstStage(NamedTuple):
    """The run whose ranks a snapshot freezes."""

    pk: int
    name: str


def judged_queries(project: Project, *, adjudicated: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (key, text) of every query with a current grade, or with an adjudication."""
    sql = f"""
        SELECT {QUERY_KEY}, q.text FROM annotate_query q
        WHERE q.project_id = %s AND EXISTS (
            SELECT 1 FROM annotate_candidate c
            JOIN annotate_passage p ON p.id = c.passage_id
            JOIN annotate_judgment j ON j.candidate_id = c.id
            LEFT JOIN annotate_source s ON s.id = j.source_id
            WHERE c.query_id = q.id AND {CURRENT}
              AND ({RANKED_KIND} IN ('adjudication', 'decided') OR NOT %s)
        )
    """  # noqa: S608 - only constants of this module are put in
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk, adjudicated])
        yield from cursor.fetchall()


def judged_of_run(project: Project, run: str) -> tuple[int, int]:
    """Count a run's candidates that people judged, and those of them that are relevant.

    Relevant is what a reviewer decided to be so, or else most judges; of a tie the answer is no, as
    where grades are resolved.
    """
    sql = f"""
        SELECT count(*), count(*) FILTER (WHERE coalesce(decided, 2 * good > votes)) FROM (
            SELECT count(*) FILTER (WHERE j.kind = 'counted') AS votes,
                   count(*) FILTER (WHERE j.kind = 'counted' AND g.relevant) AS good,
                   bool_or(g.relevant) FILTER (WHERE j.kind = 'adjudication') AS decided
            FROM annotate_run r JOIN annotate_proposal x ON x.run_id = r.id
            JOIN annotate_candidate c ON c.id = x.candidate_id
            JOIN annotate_query q ON q.id = c.query_id
            JOIN annotate_passage p ON p.id = c.passage_id
            JOIN annotate_judgment j ON j.candidate_id = c.id
            JOIN accounts_grade g ON g.id = j.grade_id
            WHERE r.project_id = %s AND r.name = %s AND {CURRENT} AND j.kind <> 'imported'
            GROUP BY c.id
        ) per_candidate
    """  # noqa: S608 - only constants of this module are put in
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk, run])
        judged, relevant = cursor.fetchone()
        return int(judged), int(relevant)


def pairs_judged(project: Project) -> Iterator[tuple[str, str]]:
    """Yield query and passage, by the names that snapshots give them, of all that has a grade now.

    Whoever gave it: people, imports, reviewers, or those who set gold.
    """
    sql = f"""
        SELECT {QUERY_KEY}, {PASSAGE_KEY} FROM annotate_candidate c
        JOIN annotate_query q ON q.id = c.query_id
        JOIN annotate_passage p ON p.id = c.passage_id
        JOIN annotate_text t ON t.id = p.text_id
        WHERE c.project_id = %s AND (
            EXISTS (SELECT FROM annotate_judgment j WHERE j.candidate_id = c.id AND {CURRENT})
            OR EXISTS (
                SELECT FROM annotate_gold g WHERE g.candidate_id = c.id AND g.removed_at IS NULL
            )
        )
    """  # noqa: S608 - only constants of this module are put in
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, [project.pk])
        while rows := cursor.fetchmany(ROWS):
            yield from rows


def unjudged_candidates(project: Project) -> int:
    """Count the candidates without a current grade whose query has one on another candidate."""
    sql = f"""
        SELECT coalesce(sum(candidates - judged), 0) FROM (
            SELECT count(*) AS candidates, count(*) FILTER (WHERE EXISTS (
                SELECT 1 FROM annotate_judgment j WHERE j.candidate_id = c.id AND {CURRENT}
            )) AS judged
            FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
            JOIN annotate_passage p ON p.id = c.passage_id
            WHERE c.project_id = %s AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
              AND c.withdrawn_at IS NULL
            GROUP BY c.query_id
        ) per_query WHERE judged > 0
    """  # noqa: S608 - only constants of this module are put in
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk])
        return int(cursor.fetchone()[0])


def label_rows(project: Project, run: FirstStage | None) -> Iterator[LabelRow]:
    """Yield every current judgment, by query key, passage key and age; memory stays flat.

    The ranks of `run` come along.
    """
    sql = f"""
        SELECT c.id, {QUERY_KEY} COLLATE "C" AS query_key, q.text,
               {PASSAGE_KEY} COLLATE "C" AS passage_key, p.title,
               t.text, t.digest, j.id::text, {RANKED_KIND}, j.grade_id, j.person_id,
               u.username, s.name, r.rank, r.score, q.metadata::text
        FROM annotate_judgment j
        JOIN annotate_candidate c ON c.id = j.candidate_id
        JOIN annotate_query q ON q.id = c.query_id
        JOIN annotate_passage p ON p.id = c.passage_id
        JOIN annotate_text t ON t.id = p.text_id
        LEFT JOIN annotate_source s ON s.id = j.source_id
        LEFT JOIN accounts_user u ON u.id = j.person_id
        LEFT JOIN annotate_proposal r ON r.candidate_id = c.id AND r.run_id = %s
        WHERE j.project_id = %s AND {CURRENT}
        ORDER BY query_key, passage_key, j.created_at, j.id
    """  # noqa: S608 - only constants of this module are put in
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, [run.pk if run else None, project.pk])
        # By itself a cursor on the server gives a hundred rows a time.
        while rows := cursor.fetchmany(ROWS):
            yield from map(LabelRow._make, rows)


def first_stage_of(project: Project, name: str | None) -> FirstStage | None:
    """Return the run of this name, or the project's largest; None where that ranked nothing.

    Where none is named, runs of our own rerankers do not count: measured against itself, a
    reranker would improve on nothing.
    """
    sql = """
        SELECT r.id, r.name FROM annotate_run r JOIN annotate_proposal x ON x.run_id = r.id
        WHERE r.project_id = %s AND x.rank IS NOT NULL
          AND CASE WHEN %s::text IS NULL THEN r.version = '' ELSE r.name = %s END
        GROUP BY r.id, r.name ORDER BY count(*) DESC, r.name LIMIT 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk, name, name])
        row = cursor.fetchone()
    return FirstStage(*row) if row else None
