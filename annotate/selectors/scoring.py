"""What a reranker reads that scores a project's candidates: query by query, and never all at once.

First which pairs there are and how long they are, some queries at a time; then the texts of some
pairs at a time. Each is a short statement of its own, so that no transaction is open while a model
thinks, and whoever goes on later needs to know the last query only.
"""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from django.db import connection

from accounts.models import Project

QUERIES: Final = 50  # whose pairs, without their texts, are held at once


class Scorable(NamedTuple):
    """A candidate to be scored; `characters` says how long its passage is."""

    query_id: int
    candidate_id: int
    passage_id: int
    characters: int


class PairText(NamedTuple):
    """The texts of a candidate."""

    candidate_id: int
    query: str
    title: str
    text: str


class Wanted(NamedTuple):
    """Which candidates: only those without a counted judgment; so many of each query, or all."""

    unjudged: bool = False
    per_query: int | None = None


class Scorables(NamedTuple):
    """How many candidates there are to score, what is withdrawn left out."""

    all: int
    unjudged: int


def scorables_of(project: Project) -> Scorables:
    """Count the candidates that could be scored, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE, {"project": project.pk})
        return Scorables(*cursor.fetchone())


def scorable_any(project: Project, wanted: Wanted) -> bool:
    """Say whether there is a wanted candidate."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(_ANY, wanted), _given(project, wanted))
        return bool(cursor.fetchone()[0])


def scorable_count(project: Project, wanted: Wanted, *, after: int = 0) -> int:
    """Count the wanted candidates of the queries after one id."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(_COUNT, wanted), _given(project, wanted) | {"after": after})
        return int(cursor.fetchone()[0])


def scorables_after(
    project: Project, wanted: Wanted, *, after: int
) -> tuple[list[list[Scorable]], int | None]:
    """Return the wanted candidates of some queries after one id, by query, and the last query.

    That is None where there is no further query. What is withdrawn, or was erased, is left out, and
    so are queries without such candidates. Where a query has more than are wanted, those come that
    some first stage ranks best.
    """
    given = _given(project, wanted) | {"after": after, "queries": QUERIES}
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES, given)
        queries = [row[0] for row in cursor.fetchall()]
        if not queries:
            return [], None
        cursor.execute(_sql(_PAIRS, wanted), given | {"ids": queries})
        rows = [Scorable(*row) for row in cursor.fetchall()]
    return [list(own) for _, own in groupby(rows, attrgetter("query_id"))], queries[-1]


def pair_texts(candidates: Sequence[int]) -> list[PairText]:
    """Return the texts of these candidates, without those withdrawn or erased meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [list(candidates)])
        return [PairText(*row) for row in cursor.fetchall()]


def _given(project: Project, wanted: Wanted) -> dict[str, int | None]:
    return {"project": project.pk, "per_query": wanted.per_query}


def _sql(statement: str, wanted: Wanted) -> str:
    return statement.replace("{judged}", _UNJUDGED if wanted.unjudged else "")


_LIVE: Final = "c.withdrawn_at IS NULL AND p.withdrawn_at IS NULL"
_WANTED: Final = f"{_LIVE} {{judged}}"
_UNJUDGED: Final = """AND NOT EXISTS (SELECT FROM annotate_judgment j
    WHERE j.candidate_id = c.id AND j.project_id = %(project)s AND j.current
      AND j.slot IS NOT NULL)"""
# Few things are withdrawn, and an index has them.
_THERE: Final = """
SELECT count(*), count(*) FILTER (WHERE judged.id IS NULL)
FROM annotate_candidate c LEFT JOIN (
    SELECT DISTINCT candidate_id AS id FROM annotate_judgment
    WHERE project_id = %(project)s AND current AND slot IS NOT NULL
) judged ON judged.id = c.id
WHERE c.project_id = %(project)s AND c.withdrawn_at IS NULL
  AND NOT EXISTS (SELECT FROM annotate_query q WHERE q.id = c.query_id
                    AND q.project_id = %(project)s AND q.withdrawn_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM annotate_passage p WHERE p.id = c.passage_id
                    AND p.project_id = %(project)s AND p.withdrawn_at IS NOT NULL)
"""
_ANY: Final = f"""
SELECT EXISTS (
    SELECT FROM annotate_candidate c
    JOIN annotate_query q ON q.id = c.query_id JOIN annotate_passage p ON p.id = c.passage_id
    WHERE c.project_id = %(project)s AND q.withdrawn_at IS NULL AND {_WANTED}
)
"""  # noqa: S608 - only constants of this module are put in
_COUNT: Final = f"""
SELECT coalesce(sum(least(n, %(per_query)s::bigint)), 0) FROM (
    SELECT count(*) AS n FROM annotate_candidate c
    JOIN annotate_query q ON q.id = c.query_id JOIN annotate_passage p ON p.id = c.passage_id
    WHERE c.project_id = %(project)s AND q.withdrawn_at IS NULL AND c.query_id > %(after)s
      AND {_WANTED}
    GROUP BY c.query_id
) per_query
"""  # noqa: S608 - only constants of this module are put in
_QUERIES: Final = """
SELECT id FROM annotate_query
WHERE project_id = %(project)s AND withdrawn_at IS NULL AND id > %(after)s
ORDER BY id LIMIT %(queries)s
"""
# Our own rerankers are no first stage: what one of them saw does not choose what the next sees.
_PAIRS: Final = f"""
SELECT query_id, id, passage_id, characters FROM (
    SELECT c.query_id, c.id, c.passage_id, length(p.title) + length(t.text) AS characters,
           CASE WHEN %(per_query)s::bigint IS NULL THEN 1 ELSE row_number() OVER (
               PARTITION BY c.query_id ORDER BY (
                   SELECT min(l.rank) FROM annotate_proposal l
                   JOIN annotate_run r ON r.id = l.run_id AND r.version = ''
                   WHERE l.candidate_id = c.id
               ) NULLS LAST, c.id
           ) END AS place
    FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_text t ON t.id = p.text_id
    WHERE c.query_id = ANY(%(ids)s) AND {_WANTED}
) placed
WHERE %(per_query)s::bigint IS NULL OR place <= %(per_query)s
ORDER BY query_id, id
"""  # noqa: S608 - only constants of this module are put in
_TEXTS: Final = f"""
SELECT c.id, q.text, p.title, t.text
FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_text t ON t.id = p.text_id
WHERE c.id = ANY(%s) AND q.withdrawn_at IS NULL AND {_LIVE}
"""  # noqa: S608 - only constants of this module are put in
