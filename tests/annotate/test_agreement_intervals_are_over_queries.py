"""Intervals resample whole queries: they cover what they claim where candidates of a query go
together, are the same at every run, and are those of the measure itself."""

import math

import numpy as np

from annotate.agreement.measures import measure
from annotate.agreement.resampling import draws, interval
from tests.annotate.agreeing import from_table, judged


def test_95_percent_of_them_hold_the_truth_although_a_querys_candidates_go_together() -> None:
    """A query is clear or unclear as a whole, which intervals over candidates would not see."""
    rng = np.random.default_rng(3)
    queries, candidates, tried, truth = 24, 12, 1_000, 0.725
    weights = np.concatenate(list(draws(queries)))
    over_queries = over_candidates = 0
    for _ in range(tried):
        agreeing = rng.binomial(candidates, rng.choice([0.5, 0.95], size=queries))
        share = agreeing.sum() / (queries * candidates)
        found = interval(weights @ agreeing / (queries * candidates), queries)
        assert found is not None
        over_queries += found[0] <= truth <= found[1]
        error = 1.96 * math.sqrt(share * (1 - share) / (queries * candidates))
        over_candidates += abs(share - truth) <= error
    assert 0.93 <= over_queries / tried <= 0.97
    assert over_candidates / tried < 0.75


def test_candidates_of_one_query_are_one_observation() -> None:
    """The same judgments in fewer queries say less."""
    of_ten = [(unit // 10, unit, judge, unit // 30 * judge) for unit in range(60)
              for judge in range(2)]  # fmt: skip
    alone = [(unit, unit, judge, grade) for _, unit, judge, grade in of_ten]
    wide, narrow = (measure(judged(rows, 2)).figures["percent"] for rows in (of_ten, alone))
    assert wide.value == narrow.value == 0.5
    assert wide.low is not None
    assert narrow.low is not None
    assert 0.5 - wide.low > 2 * (0.5 - narrow.low)


def test_the_same_judgments_have_the_same_intervals() -> None:
    table = [[40, 9, 1], [6, 20, 5], [2, 4, 13]]
    first, second = (measure(from_table(table), whole=True) for _ in range(2))
    assert first.figures == second.figures
    alpha = first.figures["alpha_ordinal"]
    assert None not in (alpha.value, alpha.low, alpha.high)
    assert (alpha.low or 1) < (alpha.value or 0) < (alpha.high or 0)
    # Of two judges without missing values the whole is the pair.
    assert first.pairs[0].figures["alpha_ordinal"] == alpha
    assert first.pairs[0].figures["cohen"] == first.figures["cohen"]
