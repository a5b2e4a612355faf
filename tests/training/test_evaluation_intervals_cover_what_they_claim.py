"""Bootstrap intervals and the paired test: coverage, exactness, agreement with weighted metrics."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from sklearn import metrics

from tests.training.test_evaluation_treats_all_systems_alike import pairs_make, scores_make
from training.ml.measures import binary
from training.ml.measures.evaluation import COMPARED_METRICS, evaluate, paired_difference
from training.ml.measures.intervals import Floats, bootstrap, interval, sign_flip_p


def mean_of(values: Floats) -> Callable[[Floats], Floats]:
    """The bootstrap statistic of the columns' means."""
    return lambda weights: weights @ values / len(values)


def covered(queries: int, trials: int) -> float:
    """How often the interval of mean reciprocal rank over n queries holds the true mean."""
    ranks = np.array([1.0, 1 / 2, 1 / 3, 1 / 5, 0.0])
    chances = np.array([0.35, 0.2, 0.1, 0.1, 0.25])
    truth = float(ranks @ chances)
    hits = 0
    for trial in range(trials):
        values = np.random.default_rng(trial).choice(ranks, size=(queries, 1), p=chances)
        sampled = bootstrap(queries, mean_of(values), seed=trial, samples=1000)
        bounds = interval(sampled[:, 0], queries)
        hits += bounds is not None and bounds[0] <= truth <= bounds[1]
    return hits / trials


@pytest.mark.parametrize("queries", [12, 50])
def test_interval_covers_the_truth_about_95_times_in_100(queries: int) -> None:
    assert 0.92 <= covered(queries, 500) <= 0.98


def test_interval_of_a_mean_is_close_to_the_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=(15, 1))
    sampled = bootstrap(15, mean_of(values), seed=0, samples=20_000)
    bounds = interval(sampled[:, 0], 15)
    assert bounds is not None
    half = 2.1448 * values.std(ddof=1) / np.sqrt(15)  # t(14) at 97.5%
    assert (bounds[1] - bounds[0]) / 2 == pytest.approx(half, rel=0.06)


def test_no_interval_without_variation_with_one_query_or_where_mostly_undefined() -> None:
    assert interval(np.full(2000, 0.7), 30) is None
    assert interval(np.linspace(0, 1, 2000), 1) is None
    holes = np.linspace(0, 1, 2000)
    holes[:200] = np.nan
    assert interval(holes, 30) is None
    holes[50:200] = 0.5
    assert interval(holes, 30) is not None
    one = evaluate(pairs_make(1, 8), {"s": scores_make(pairs_make(1, 8), 0)})
    assert all((row.low, row.high) == (None, None) for row in one.rows)


def test_draws_are_multinomial_and_do_not_depend_on_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = bootstrap(7, lambda weights: weights, seed=4, samples=100)
    assert (whole.sum(axis=1) == 7).all()
    assert whole.min() == 0
    monkeypatch.setattr("training.ml.measures.intervals._CELLS", 21)
    assert (bootstrap(7, lambda weights: weights, seed=4, samples=100) == whole).all()


def test_sign_flip_is_exact_for_few_queries() -> None:
    differences = np.array([[0.3, 0.5], [0.1, 0.5], [-0.2, 0.5], [0.1, 0.5], [0.0, 0.5]])
    wanted = []
    for column in differences.T:
        sums = [abs(np.dot(signs, column)) for signs in product((-1, 1), repeat=5)]
        wanted.append(np.mean([total >= abs(column.sum()) - 1e-12 for total in sums]))
    assert sign_flip_p(differences, seed=0).tolist() == wanted
    assert wanted[1] == 2 / 32


def test_sign_flip_by_chance_agrees_with_the_exact_test_and_is_never_zero() -> None:
    values = np.random.default_rng(2).normal(0.4, 1, size=(12, 3))
    exact = sign_flip_p(values, seed=0)
    by_chance = sign_flip_p(values, seed=0, permutations=4000)
    assert by_chance == pytest.approx(exact, abs=0.03)
    assert sign_flip_p(np.ones((200, 1)), seed=0)[0] == pytest.approx(1 / 10_001)
    assert sign_flip_p(np.zeros((200, 1)), seed=0)[0] == 1


def test_sign_flip_keeps_its_level_where_systems_are_alike() -> None:
    rng = np.random.default_rng(0)
    values = rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], size=(40, 2000))
    p = sign_flip_p(values, seed=0, permutations=1000)
    assert 0.03 <= (p <= 0.05).mean() <= 0.06


def test_resampled_binary_figures_equal_scikit_learns_weighted_ones() -> None:
    rng = np.random.default_rng(1)
    query = np.sort(rng.integers(0, 30, size=400))
    query = np.unique(query, return_inverse=True)[1].astype(np.int64)
    labels = rng.random(400) < 0.15
    scores = np.round(rng.normal(size=400) + labels, 1)
    chosen = binary.thresholds_best(labels, scores)
    draws = bootstrap(int(query[-1]) + 1, lambda weights: weights, seed=3, samples=20)
    area = binary.average_precision_statistic(labels, scores, query)(draws)[:, 0]
    fixed = binary.threshold_statistic(labels, scores, query, chosen)(draws)
    for row, weights in enumerate(draws):
        w = weights[query]
        called = scores >= chosen.f1
        wanted = (
            metrics.accuracy_score(labels, scores >= chosen.accuracy, sample_weight=w),
            metrics.f1_score(labels, called, sample_weight=w),
            metrics.precision_score(labels, called, sample_weight=w),
            metrics.recall_score(labels, called, sample_weight=w),
        )
        assert fixed[row] == pytest.approx(np.array(wanted), abs=1e-12)
        by_hand = metrics.average_precision_score(labels, scores, sample_weight=w)
        assert area[row] == pytest.approx(by_hand, abs=1e-12)


def test_one_query_with_all_positives_gives_no_interval_for_recall() -> None:
    """A resample leaves that query out one time in three: recall is then undefined."""
    pairs = [replace(p, relevant=p.query_id == "q0") for p in pairs_make(40, 5)]
    found = evaluate(pairs, {"s": scores_make(pairs, 0)})
    bounds = {row.metric: row.low for row in found.rows}
    assert bounds["recall"] is None
    assert bounds["average_precision"] is None
    assert bounds["accuracy"] is not None


def test_differences_are_later_minus_earlier_and_come_again_from_stored_values() -> None:
    pairs = pairs_make(60, 14)
    good = scores_make(pairs, 1)
    for pair in pairs:
        good[pair.query_id][pair.passage_id] += pair.grade
    found = evaluate(pairs, {"base": scores_make(pairs, 2), "model": good})
    assert [row.metric for row in found.differences] == list(COMPARED_METRICS)
    value = {(row.system, row.metric): row.value for row in found.rows}
    for row in found.differences:
        assert (row.system, row.against, row.n) == ("model", "base", 60)
        delta = value["model", row.metric] - value["base", row.metric]
        assert row.delta == pytest.approx(delta)
        assert row.low is not None
        assert row.high is not None
        assert row.low < row.delta < row.high
    assert found.differences[0].low is not None
    assert found.differences[0].low > 0
    assert found.differences[0].p < 0.01
    assert paired_difference(found.per_query, "model", "base") == found.differences
    swapped = paired_difference(found.per_query, "base", "model")
    assert [-row.delta for row in swapped] == [row.delta for row in found.differences]


def test_difference_over_other_queries_is_refused() -> None:
    row = dict.fromkeys(("nDCG@10", "MRR@10", "MAP", "P@1", "Recall@10", "Judged@10"), 0.5)
    with pytest.raises(ValueError, match="same queries"):
        paired_difference({"a": {"q1": row}, "b": {"q2": row}}, "a", "b")
