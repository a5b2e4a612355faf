"""What leaves a project: its current judgments in the order of the pairs, read in blocks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Project


class JudgmentRow(NamedTuple):
    """One current judgment with the texts that it is about."""

    candidate_id: int
    query_id: str | None
    query_digest: bytes
    query: str
    passage_id: str | None
    passage_digest: bytes
    title: str
    passage: str
    metadata: str
    id: UUID
    kind: str
    action: str
    grade_id: int | None
    label: int | None
    annotator: str | None
    source: str | None
    seconds: float | None
    comment: str
    flagged: bool
    skip_reason: str
    evidence: str
    passage_revision: int
    created_at: datetime


# The index candidate_once gives this order, so that the first row does not wait for a sort.
_ROWS: Final = """
SELECT c.id, q.external_id, q.digest, q.text, p.external_id, t.digest, p.title, t.text,
       c.metadata::text, j.id, j.kind, j.action, j.grade_id, g.value, u.username, s.name, j.seconds,
       j.comment, j.flagged, j.skip_reason, j.evidence::text, j.passage_revision, j.created_at
FROM annotate_candidate c
JOIN annotate_query q ON q.id = c.query_id
JOIN annotate_passage p ON p.id = c.passage_id
JOIN annotate_text t ON t.id = p.text_id
JOIN annotate_judgment j ON j.candidate_id = c.id AND j.current
LEFT JOIN accounts_grade g ON g.id = j.grade_id
LEFT JOIN accounts_user u ON u.id = j.person_id
LEFT JOIN annotate_source s ON s.id = j.source_id
WHERE c.project_id = %s
  AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL AND c.withdrawn_at IS NULL
ORDER BY c.query_id, c.passage_id, j.created_at, j.id
"""


def judgment_rows(project: Project) -> Iterator[JudgmentRow]:
    """Yield every current judgment, those of a pair together and oldest first; memory is flat."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, [project.pk])
        while block := cursor.fetchmany(2_000):
            yield from map(JudgmentRow._make, block)


def ids_with_blanks(project: Project) -> list[str]:
    """Return up to three ids that hold whitespace, which TREC's columns cannot."""
    sql = r"""
        SELECT external_id FROM annotate_query WHERE project_id = %(project)s
          AND external_id ~ '\s' UNION ALL
        SELECT external_id FROM annotate_passage WHERE project_id = %(project)s
          AND external_id ~ '\s' LIMIT 3
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [row[0] for row in rows]
