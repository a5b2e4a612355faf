"""The top ranks first that nobody has judged, so that a ranking can be measured soon (judged@k).

A pair's rank is its best among the runs (or in the one that is set), counted from 1 within the
query. All first ranks come before all second ones; what is judged already, or lower, comes after.
"""

from typing import Final

from annotate.strategies.base import Rule, by_share

_VALUED: Final = """
ranked AS (
    SELECT l.candidate_id AS id, rank() OVER (
        PARTITION BY l.run_id, pair.query_id
        ORDER BY l.rank NULLS LAST, l.score DESC NULLS LAST) AS place
    FROM annotate_proposal l JOIN pair ON pair.id = l.candidate_id
    JOIN annotate_run r ON r.id = l.run_id AND r.project_id = %(project)s
    WHERE %(run)s::bigint IS NULL OR l.run_id = %(run)s
),
valued AS (
    SELECT id, (min(place) - 1.0) / %(depth)s AS share FROM ranked
    WHERE NOT EXISTS (SELECT FROM annotate_judgment j WHERE j.candidate_id = ranked.id
                        AND j.current AND j.slot IS NOT NULL)
    GROUP BY id HAVING min(place) <= %(depth)s
)"""

UNJUDGED: Final = Rule(
    says="The first ranks of every query that nobody has judged yet, best ranks first; of one run,"
    " or of all.",
    select=by_share(_VALUED),
    takes=("run",),
)
