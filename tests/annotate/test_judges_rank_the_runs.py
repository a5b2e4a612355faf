"""Kendall's tau says whether two judges' labels put the project's runs in one order."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from annotate.agreement.observed import Floats
from annotate.agreement.systems import Run, rankings_of, tau_b
from tests.annotate.agreeing import judged

QUERIES = 12
# Four candidates a query; the first two are relevant to both judges.
ROWS = [
    (query, query * 4 + place, judge, int(place < 2))
    for query in range(QUERIES) for place in range(4) for judge in (1, 2)
]  # fmt: skip


def run(order: list[int]) -> Run:
    """A run that ranks the four candidates of every query in this order."""
    candidates = np.arange(QUERIES * 4)
    places = np.array([order.index(place) for place in range(4)], dtype=np.float64)
    return Run(candidates, -np.tile(places, QUERIES))


RUNS = {"best": run([0, 1, 2, 3]), "middling": run([0, 2, 1, 3]), "worst": run([3, 2, 1, 0])}


def test_judges_who_agree_rank_the_runs_alike() -> None:
    found = rankings_of(judged(ROWS, 2), 1, 2, RUNS)
    assert found.tau.value == 1.0
    assert (found.tau.queries, found.tau.units, found.tau.pairs) == (12, 48, 3)
    assert list(found.runs) == ["best", "middling", "worst"]
    # DCG of both on top, of the first and third, of the last two; by log2(rank + 1).
    ideal = 1 + 1 / math.log2(3)
    expected = [1.0, (1 + 0.5) / ideal, (0.5 + 1 / math.log2(5)) / ideal]
    assert found.of_one == pytest.approx(expected)
    assert found.of_other == pytest.approx(expected)


def test_judges_who_say_the_opposite_rank_them_the_other_way() -> None:
    rows = [(q, c, judge, grade if judge == 1 else 1 - grade) for q, c, judge, grade in ROWS]
    found = rankings_of(judged(rows, 2), 1, 2, RUNS)
    assert found.tau.value == -1.0
    assert (found.of_one[0], found.of_other[2]) == (1.0, 1.0)


def test_only_candidates_that_both_judged_count() -> None:
    """What one judge alone calls relevant moves no run."""
    alone = [(query, 1_000 + query, 1, 1) for query in range(QUERIES)]
    runs = {name: Run(np.append(each.candidate, 1_000), np.append(each.score, 9.0))
            for name, each in RUNS.items()}  # fmt: skip
    with_more = rankings_of(judged(ROWS + alone, 2), 1, 2, runs)
    assert with_more == rankings_of(judged(ROWS, 2), 1, 2, RUNS)


def test_it_takes_two_runs_that_differ() -> None:
    one = rankings_of(judged(ROWS, 2), 1, 2, {"best": RUNS["best"]})
    assert (one.tau.value, one.tau.why[:33]) == (None, "not defined, because it takes two")
    same = rankings_of(judged(ROWS, 2), 1, 2, {"a": RUNS["best"], "b": RUNS["best"]})
    assert "all runs score the same" in same.tau.why
    nowhere = Run(np.array([77_777]), np.array([1.0]))
    assert rankings_of(judged(ROWS, 2), 1, 2, {**RUNS, "elsewhere": nowhere}).runs == [*RUNS]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_tau_of_many_rows_is_scipys(scores: list[tuple[int, int]]) -> None:
    one, other = np.array(scores, dtype=np.float64).T
    expected = float(stats.kendalltau(one, other).statistic)
    rows: Floats = np.stack([one, other])
    assert tau_b(rows, rows[::-1]) == pytest.approx([expected] * 2, nan_ok=True)
