"""The counted preferences of a project, in the order and under the names that snapshots use."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Project

QUERY_KEY: Final = "COALESCE(q.external_id, 'sha256:' || encode(q.digest, 'hex'))"
# Of the two passages, the one with the smaller name comes first, whatever their ids here.
_SIDES: Final = """
    SELECT COALESCE(p.external_id, 'sha256:' || encode(t.digest, 'hex')) COLLATE "C" AS name,
           p.title, t.text, c.id
    FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_text t ON t.id = p.text_id
    WHERE c.id = {side} AND c.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
"""
_COUNTED: Final = "j.current AND j.slot IS NOT NULL AND j.action IN ('prefer', 'tie')"
_FROM: Final = f"""
    FROM annotate_preference j JOIN annotate_pair o ON o.id = j.pair_id
    JOIN annotate_query q ON q.id = o.query_id AND q.withdrawn_at IS NULL
    JOIN LATERAL ({_SIDES.format(side="o.first_id")}) a ON true
    JOIN LATERAL ({_SIDES.format(side="o.second_id")}) b ON true
    WHERE j.project_id = %s AND {_COUNTED}
"""


class Side(NamedTuple):
    """One of the two passages of a pair."""

    name: str
    title: str
    text: str


class PreferenceRow(NamedTuple):
    """One counted preference: `prefers` is 1 for the first of its passages, -1 for the second, 0
    for a tie.
    """

    query_key: str
    query: str
    first: Side
    second: Side
    preference_id: UUID
    person_id: int
    prefers: int


def compared_queries(project: Project) -> Iterator[tuple[str, str]]:
    """Yield (key, text) of every query with a counted preference."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {QUERY_KEY}, q.text {_FROM}", [project.pk])
        yield from cursor.fetchall()


def preference_rows(project: Project) -> Iterator[PreferenceRow]:
    """Yield every counted preference, by query, passages and age; memory stays flat."""
    sql = f"""
        SELECT {QUERY_KEY} COLLATE "C" AS query_key, q.text,
               least(a.name, b.name) AS low, greatest(a.name, b.name) AS high,
               CASE WHEN a.name <= b.name THEN a.title ELSE b.title END,
               CASE WHEN a.name <= b.name THEN a.text ELSE b.text END,
               CASE WHEN a.name <= b.name THEN b.title ELSE a.title END,
               CASE WHEN a.name <= b.name THEN b.text ELSE a.text END,
               j.id, j.person_id,
               CASE WHEN j.action = 'tie' THEN 0
                    WHEN (j.preferred_id = a.id) = (a.name <= b.name) THEN 1 ELSE -1 END
        {_FROM} ORDER BY query_key, low, high, j.created_at, j.id
    """
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, [project.pk])
        for key, query, low, high, title, text, other_title, other_text, *rest in cursor:
            yield PreferenceRow(
                key, query, Side(low, title, text), Side(high, other_title, other_text), *rest
            )
