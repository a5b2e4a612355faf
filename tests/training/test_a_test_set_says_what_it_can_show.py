"""The smallest detectable difference: against exact power, by simulation, and in words."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.tiny_run import tiny_pairs
from training.ml.measures.evaluation import bm25_scores, evaluate, first_stage_scores
from training.ml.measures.intervals import sign_flip_p
from training.ml.measures.paired import holm
from training.ml.measures.power import smallest_difference, spread_estimate
from training.ml.measures.verdict import few_said
from training.ml.recipe.baseline import expectation, expectation_said


@pytest.mark.parametrize("n", [8, 12, 34, 199])
def test_power_is_that_of_the_exact_t_test(n: int) -> None:
    found = smallest_difference(n, 0.3)
    assert found is not None
    noncentral = found / 0.3 * np.sqrt(n)
    power = stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, noncentral)
    assert power == pytest.approx(0.8, abs=0.02)


def test_what_shares_its_level_shows_as_much_to_one_of_several() -> None:
    """Three rivals, one of which differs: Holm finds that one four times in five, or more often."""
    rng, n = np.random.default_rng(7), 40
    found = smallest_difference(n, 1.0, comparisons=3)
    assert found is not None
    alone = smallest_difference(n, 1.0)
    assert alone is not None
    hits = {alone: 0, found: 0}
    for size in hits:
        for _ in range(1_000):
            shift = np.array([size, 0, 0])
            p = stats.ttest_1samp(rng.normal(shift, 1, size=(n, 3)), 0).pvalue
            hits[size] += holm(p.tolist())[0] <= 0.05
    assert hits[found] / 1_000 == pytest.approx(0.8, abs=0.04)
    assert hits[alone] / 1_000 < 0.72


def test_published_sample_size_is_found_again() -> None:
    # Cohen 1988: 34 pairs find a standardised difference of 0.5 with a power of 0.8.
    assert smallest_difference(34, 1.0) == pytest.approx(0.5, abs=0.01)
    assert smallest_difference(199, 1.0) == pytest.approx(0.2, abs=0.01)


def test_the_randomisation_test_finds_it_four_times_in_five() -> None:
    rng = np.random.default_rng(5)
    found = smallest_difference(12, 1.0)
    assert found is not None
    hits = sum(
        sign_flip_p(rng.normal(found, 1, size=(12, 1)), seed=run)[0] <= 0.05 for run in range(300)
    )
    assert 0.72 <= hits / 300 <= 0.88


def test_there_is_none_where_nothing_is_to_reckon_with() -> None:
    assert smallest_difference(1, 0.3) is None
    assert smallest_difference(20, None) is None
    assert smallest_difference(20, 0.0) is None


def test_spread_is_that_of_the_systems_that_are_there() -> None:
    pairs = tiny_pairs("test", 12)
    first = first_stage_scores(pairs)
    assert first is not None
    systems = {"first_stage": first, "bm25": bm25_scores(pairs)}
    row = evaluate(pairs, systems).differences[0]
    assert row.metric == "nDCG@10"
    assert spread_estimate(pairs, systems) == pytest.approx(row.spread)
    assert spread_estimate(pairs, {"bm25": systems["bm25"]}) is None
    assert spread_estimate(pairs, {"a": first, "b": first}) is None


def test_an_expectation_is_logged_with_its_source() -> None:
    pairs = tiny_pairs("test", 12)
    first = first_stage_scores(pairs)
    assert first is not None
    known = expectation(pairs, {"first_stage": first, "bm25": bm25_scores(pairs)}, seed=0)
    assert not known["assumed"]
    line = expectation_said(known)[0]
    assert f"12 queries show a difference in nDCG@10 of {known['detectable']:.3f}" in line
    assumed = expectation(pairs, {"bm25": bm25_scores(pairs)}, seed=0)
    assert (assumed["assumed"], assumed["spread"]) == (True, 0.3)
    assert "assumed" in expectation_said(assumed)[0]
    alone = expectation([replace(pairs[0])], {}, seed=0)
    assert expectation_said(alone)[0] == "test: one query can show no difference."


def test_few_queries_and_positives_are_called_few() -> None:
    assert few_said(40, 40) == []
    (said,) = few_said(7, 10)
    assert said.startswith("The test split has only 7 queries and 10 relevant pairs: ")
    assert "1 relevant pair:" in few_said(30, 1)[0]
