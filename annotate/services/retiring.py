"""Judgments on a wording that holds no longer become history."""

from collections.abc import Collection

from django.db import connection

from accounts.models import Project

# Answers that are under way end first, so that they are retired, too; those that come later wait,
# and find the new wording. The order of locks is that of judging.
_HOLD = """
SELECT count(*) FROM (
    SELECT FROM annotate_candidate c WHERE c.passage_id = ANY(%(passages)s)
       OR c.query_id = ANY(%(queries)s)
    ORDER BY c.id FOR NO KEY UPDATE
) held
"""
_RETIRE = """
UPDATE annotate_judgment j SET current = false FROM annotate_candidate c
WHERE j.candidate_id = c.id AND j.current
  AND (c.passage_id = ANY(%(passages)s) OR c.query_id = ANY(%(queries)s))
"""


def judgments_retire(
    *, project: Project, queries: Collection[int] = (), passages: Collection[int] = ()
) -> int:
    """End what is judged on these queries' or passages' earlier wording; return how many."""
    values = {"queries": list(queries), "passages": list(passages)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotate_overlap_of(%s)", [project.pk])
        cursor.execute(_HOLD, values)
        cursor.execute(_RETIRE, values)
        return int(cursor.rowcount)
