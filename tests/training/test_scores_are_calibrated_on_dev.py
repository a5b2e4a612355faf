"""Platt's scale and shift against scikit-learn, its refusals, and what is said of reliability."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.calibration import _sigmoid_calibration

from training.ml.measures.calibration import (
    calibrated,
    held_out_gain,
    orders_kept,
    platt_fit,
    reliability,
)


def sample(
    n: int, *, scale: float = 0.5, shift: float = -1.0, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Overconfident scores of a model, and labels drawn from what they should have been."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, size=n)
    return expit(logits), rng.random(n) < expit(scale * logits + shift)


def test_equals_the_fit_of_scikit_learn() -> None:
    for seed in range(5):
        scores, labels = sample(300, seed=seed)
        fit = platt_fit(scores, labels)
        a, b = _sigmoid_calibration(np.log(scores / (1 - scores)), labels.astype(np.float64))
        assert (fit.scale, fit.shift) == pytest.approx((-a, -b), abs=1e-3)


def test_finds_the_scale_that_scores_lack() -> None:
    scores, labels = sample(20_000)
    fit = platt_fit(scores, labels)
    assert fit.refused is None
    assert (fit.scale, fit.shift) == pytest.approx((0.5, -1.0), abs=0.05)
    before, after = reliability(scores, labels), reliability(calibrated(scores, fit), labels)
    assert after.ece < 0.01 < before.ece
    assert after.brier < before.brier


def test_no_order_changes() -> None:
    scores, labels = sample(400)
    after = calibrated(scores, platt_fit(scores, labels))
    assert np.array_equal(np.argsort(scores), np.argsort(after))
    assert orders_kept(scores, after)
    assert not orders_kept(np.array([0.1, 0.2]), np.array([1.0, 1.0]))


def test_labels_that_scores_tell_apart_do_not_explode_the_scale() -> None:
    scores = np.concatenate([np.full(10, 0.4), np.full(10, 0.6)])
    labels = np.arange(20) >= 10
    fit = platt_fit(scores, labels)
    assert fit.refused is None
    # Platt's targets are reached exactly: 11/12 and 1/12.
    assert calibrated(scores, fit)[[0, -1]] == pytest.approx([1 / 12, 11 / 12], abs=1e-4)


@pytest.mark.parametrize(
    ("scores", "positives", "why"),
    [
        (np.linspace(0.1, 0.9, 40), 9, "too few"),
        (np.linspace(0.1, 0.9, 40), 40, "too few"),
        (np.full(40, 0.5), 20, "the same"),
        (np.linspace(0.9, 0.1, 40), 20, "not more often relevant"),
        (0.5 + np.linspace(-1e-4, 1e-4, 40), 20, "hardly differ"),
    ],
)
def test_what_cannot_be_fitted_stays_as_it_is(scores: np.ndarray, positives: int, why: str) -> None:
    fit = platt_fit(scores, np.arange(40) >= 40 - positives)
    assert why in (fit.refused or "")
    assert (fit.scale, fit.shift) == (1.0, 0.0)
    assert calibrated(scores, fit) == pytest.approx(scores, abs=1e-12)


def test_a_fit_is_worth_what_it_does_for_queries_that_it_has_not_seen() -> None:
    queries = np.arange(600) // 10
    scores, labels = sample(600)
    assert held_out_gain(scores, labels, queries) > 0.01
    # Scores that are what they should be: a fit can only follow chance.
    right = [held_out_gain(*sample(600, scale=1, shift=0, seed=s), queries) for s in range(20)]
    assert sum(gain < 0 for gain in right) > 10
    assert max(right) < 0.01
    # One query: nothing is held out, and nothing is gained.
    assert held_out_gain(scores, labels, np.zeros(600, np.int64)) == 0


def test_reliability_worked_by_hand() -> None:
    scores = np.array([0.05, 0.15, 0.15, 0.95, 1.0])
    labels = np.array([False, False, True, True, True])
    found = reliability(scores, labels)
    assert [each.n for each in found.bins] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert found.bins[1].share == 0.5
    assert found.bins[1].score == pytest.approx(0.15)
    assert (found.bins[2].share, found.bins[2].score) == (None, None)
    assert found.bins[9].positives == 2
    # 1/5 of 0.05, 2/5 of 0.35 and 2/5 of 0.025.
    assert found.ece == pytest.approx(0.01 + 0.14 + 0.01)
    assert found.brier == pytest.approx((0.05**2 + 0.15**2 + 0.85**2 + 0.05**2 + 0) / 5)
    assert (found.pairs, found.positives) == (5, 3)


def test_scores_at_the_sigmoids_ends_are_taken() -> None:
    scores = np.concatenate([np.zeros(15), np.ones(15), np.linspace(0.2, 0.8, 10)])
    labels = np.concatenate([np.zeros(15), np.ones(15), np.arange(10) % 2]).astype(bool)
    fit = platt_fit(scores, labels)
    assert np.isfinite(calibrated(scores, fit)).all()
