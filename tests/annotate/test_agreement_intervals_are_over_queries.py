"""Intervals resample whole queries: they cover what they claim where candidates of a query go
together, are the same at every run, and are those of the measure itself."""

import math

import numpy as np
import pytest

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


def test_few_queries_widen_an_interval_as_student_does() -> None:
    """The bounds are quantiles at Phi(sqrt(n / (n - 1)) t(n - 1)), worked out from tables of t."""
    sampled = np.linspace(0.0, 1.0, 10_001)
    # t at 2.5%: 12.706, 2.776, 2.262 and 1.984 with 1, 4, 9 and 99 degrees of freedom.
    for queries, t in ((2, 12.706), (5, 2.776), (10, 2.262), (100, 1.984)):
        level = 0.5 * math.erfc(math.sqrt(queries / (queries - 1)) * t / math.sqrt(2))
        found = interval(sampled, queries)
        assert found is not None
        assert found == pytest.approx((level, 1 - level), abs=2e-4)
    low, high = interval(sampled, 5) or (1.0, 0.0)
    assert low < 0.002  # a plain one ends at 0.025, which Student's t alone leaves at 0.003
    assert high > 0.998
