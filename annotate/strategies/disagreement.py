"""The pairs first on which two rerankers disagree: whose places in their query's rankings are
farthest apart.

A place is the share of the query's candidates of that run that stand above, from 0 to 1; a pair
that only one of the runs has proposed is last in the other, at 1.
"""

from typing import Final

from annotate.strategies.base import Rule, by_share

_VALUED: Final = """
placed AS (
    SELECT l.candidate_id AS id, l.run_id, percent_rank() OVER (
        PARTITION BY l.run_id, pair.query_id
        ORDER BY l.score DESC NULLS LAST, l.rank NULLS LAST) AS place
    FROM annotate_proposal l JOIN pair ON pair.id = l.candidate_id
    WHERE l.run_id IN (%(run)s, %(other_run)s)
),
valued AS (
    SELECT id, 1 - abs(coalesce(max(place) FILTER (WHERE run_id = %(run)s), 1)
                       - coalesce(max(place) FILTER (WHERE run_id = %(other_run)s), 1)) AS share
    FROM placed GROUP BY id
)"""

DISAGREEMENT: Final = Rule(
    says="The pairs first whose places in the rankings of two runs are farthest apart; what one"
    " run lacks is last in it.",
    select=by_share(_VALUED),
    needs=("run", "other_run"),
)
