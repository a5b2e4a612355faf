"""Holm's correction against its paper's rule, and how often a whole family errs."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from training.ml.measures.paired import holm, paired_test


def rejected(values: list[float], level: float) -> set[int]:
    """Holm's own procedure: smallest first, each at level / (number left), until one stays."""
    out: set[int] = set()
    for rank, place in enumerate(sorted(range(len(values)), key=lambda row: values[row])):
        if values[place] > level / (len(values) - rank):
            break
        out.add(place)
    return out


def test_worked_example() -> None:
    # Four tests with p 0.01, 0.04, 0.03 and 0.005: at 5% only the first and the last are rejected.
    found = holm([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.7]) == [0.7]
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_rejects_what_the_procedure_rejects() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = (rng.random(rng.integers(1, 7)) ** 2).tolist()
        adjusted = holm(values)
        assert {row for row, p in enumerate(adjusted) if p <= 0.05} == rejected(values, 0.05)
        for a, b in combinations(range(len(values)), 2):
            assert (values[a] < values[b]) <= (adjusted[a] <= adjusted[b])


def test_a_family_without_any_difference_errs_in_five_of_a_hundred() -> None:
    rng = np.random.default_rng(8)
    wrong = 0
    for run in range(400):
        differences = rng.normal(size=(12, 4))  # exact: 2^12 patterns of signs
        wrong += min(holm([row.p for row in paired_test(differences, seed=run)])) <= 0.05
    # 20 expected at most; more than 32 of 400 would be one chance in two hundred.
    assert wrong <= 32


def test_effect_size_is_the_standardised_mean_difference() -> None:
    differences = np.random.default_rng(1).normal(0.1, 0.2, size=(30, 1))
    row = paired_test(differences)[0]
    t = stats.ttest_1samp(differences[:, 0], 0).statistic
    assert row.effect == pytest.approx(t / np.sqrt(30))
    assert row.spread == pytest.approx(differences.std(ddof=1))
    assert paired_test(np.full((5, 1), 0.25))[0].effect is None
    assert paired_test(np.array([[0.25]]))[0].spread is None
