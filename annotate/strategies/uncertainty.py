"""Uncertainty sampling: the pairs first whose score lies nearest to the decision.

Of probabilities (all scores of the run in [0, 1], as our own rerankers give them) that is
|p - 1/2|. Scores of both signs are read as logits, for which |tanh(s / 2)| / 2 is the same measure.
Scores of any other scale, such as BM25's, know no decision: there it is the distance from the
run's median rank. (Lewis and Gale 1994, "A sequential algorithm for training text classifiers".)
"""

from typing import Final

from annotate.strategies.base import Rule, by_share

_VALUED: Final = """
scored AS (
    SELECT candidate_id AS id, score, percent_rank() OVER (ORDER BY score) AS place,
           min(score) OVER () AS low, max(score) OVER () AS high
    FROM annotate_proposal WHERE run_id = %(run)s AND score IS NOT NULL
      AND score NOT IN ('NaN', 'Infinity', '-Infinity')
),
valued AS (
    SELECT id, CASE WHEN low >= 0 AND high <= 1 THEN 2 * abs(score - 0.5)
                    WHEN low < 0 AND high > 0 THEN abs(tanh(score / 2))
                    ELSE 2 * abs(place - 0.5) END AS share
    FROM scored
)"""

UNCERTAINTY: Final = Rule(
    says="The pairs first whose score in a run is nearest to the decision: |p − ½| of"
    " probabilities and logits, the distance from the middle rank for other scores.",
    select=by_share(_VALUED),
    needs=("run",),
)
