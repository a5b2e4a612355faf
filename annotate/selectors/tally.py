"""How much of a project is judged and labelled: one pass over its judgments and candidates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.models import Project
from annotate.keeping import kept

# Withdrawn queries and passages are few, and indexed.
LIVE: Final = """
    c.withdrawn_at IS NULL
    AND NOT EXISTS (SELECT FROM annotate_query q WHERE q.id = c.query_id
                    AND q.project_id = %(project)s AND q.withdrawn_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM annotate_passage p WHERE p.id = c.passage_id
                    AND p.project_id = %(project)s AND p.withdrawn_at IS NOT NULL)
"""
_NOW: Final = "j.current"
# What held then, but for what an edit has retired since: annotate.selectors.checks.held_at.
_THEN: Final = """
    j.created_at < %(still)s AND (j.current OR EXISTS (
        SELECT FROM annotate_judgment r WHERE r.replaces_id = j.id AND r.created_at >= %(still)s))
"""
_TALLY: Final = """
WITH held AS (
    SELECT j.candidate_id AS id, count(j.slot) AS counted,
           count(*) FILTER (WHERE j.kind = 'imported') AS imported,
           bool_or(j.action = 'skip' AND j.kind IN ('counted', 'late')) AS skipped,
           bool_or(j.action = 'grade' AND j.kind IN ('counted', 'adjudication')) AS judged,
           bool_or(j.grade_id = ANY(%(relevant)s) AND j.kind IN ('counted', 'adjudication'))
               AS relevant
    FROM annotate_judgment j
    WHERE j.project_id = %(project)s AND j.action <> 'withdraw' AND {held}
      AND j.kind IN ('counted', 'late', 'adjudication', 'imported')
    GROUP BY 1
), per_query AS (
    SELECT c.query_id, count(*) AS candidates, count(*) FILTER (WHERE c.wanted) AS wanted,
           count(*) FILTER (WHERE held.counted > 0) AS judged, sum(held.counted) AS judgments,
           sum(least(coalesce(held.counted, 0), %(overlap)s)) AS met,
           count(*) FILTER (WHERE held.skipped) AS skipped, sum(held.imported) AS imported,
           count(*) FILTER (WHERE held.imported > 0) AS labelled,
           bool_or(held.judged) AS begun, bool_or(held.relevant) AS relevant
    FROM annotate_candidate c LEFT JOIN held ON held.id = c.id
    WHERE c.project_id = %(project)s AND {live} GROUP BY 1
)
SELECT coalesce(sum(candidates), 0)::bigint, coalesce(sum(judged), 0)::bigint,
       coalesce(sum(judgments), 0)::bigint, coalesce(sum(met), 0)::bigint,
       coalesce(sum(skipped), 0)::bigint, coalesce(sum(imported), 0)::bigint,
       coalesce(sum(labelled), 0)::bigint, (
           SELECT count(*) FROM (
               SELECT DISTINCT person_id FROM annotate_judgment j
               WHERE j.project_id = %(project)s AND j.slot IS NOT NULL AND {held}
           ) judges
       ),
       count(*), count(*) FILTER (WHERE begun), count(*) FILTER (WHERE wanted = 0),
       count(*) FILTER (WHERE relevant)
FROM per_query
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of candidates that are not withdrawn, nor their query or passage.

    `judged` have a counted judgment; `judgments` are those, and `met` as many of them as the
    overlap asks for. `skipped` somebody skips; `labelled` have `imported` labels. `people` have
    judged. Then queries: with candidates, with a judgment of a person or a decision, with all that
    is wanted, and with a passage that people found relevant.
    """

    candidates: int
    judged: int
    judgments: int
    met: int
    skipped: int
    imported: int
    labelled: int
    people: int
    with_candidates: int
    begun: int
    complete: int
    with_relevant: int


def tally_of(project: Project, *, still: datetime | None = None) -> tuple[Tally, datetime]:
    """Count a project as it is, or by the judgments of `still`; and say when that was counted."""
    name = f"tally {project.pk} {project.overlap} {still or ''}"
    tally, moment = kept(name.replace(" ", "-"), lambda: _count(project, still))
    return tally, still or moment


def _count(project: Project, still: datetime | None) -> Tally:
    values: dict[str, Any] = {
        "project": project.pk,
        "overlap": project.overlap,
        "relevant": [grade.pk for grade in project.scheme if grade.relevant],
        "still": still,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TALLY.format(held=_THEN if still else _NOW, live=LIVE), values)
        return Tally(*cursor.fetchone())
