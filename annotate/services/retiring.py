"""Judgments and preferences on a wording that holds no longer become history."""

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
_RETIRE_PREFERENCES = "SELECT annotate_preferences_retire(%(queries)s, %(passages)s)"
_RETIRE = """
UPDATE annotate_judgment j SET current = false FROM annotate_candidate c
WHERE j.candidate_id = c.id AND j.current
  AND (c.passage_id = ANY(%(passages)s) OR c.query_id = ANY(%(queries)s))
"""


def judgments_retire(
    *, project: Project, queries: Collection[int] = (), passages: Collection[int] = ()
) -> int:
    """End what is judged, or preferred, on these queries' or passages' earlier wording.

    Returns how many judgments that were.
    """
    values = {"queries": list(queries), "passages": list(passages)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotate_overlap_of(%s)", [project.pk])
        cursor.execute(_HOLD, values)
        cursor.execute(_RETIRE, values)
        retired = int(cursor.rowcount)
        cursor.execute(_RETIRE_PREFERENCES, values)
    return retired
