"""Each measure gives what its source publishes for the source's own example."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from annotate.agreement import forms
from annotate.agreement.measures import measure
from tests.annotate.agreeing import from_counts, from_table, judged

# Cohen 1960, Educational and Psychological Measurement 20, table 2 (frequencies): kappa .492.
COHEN_1960 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
# Cohen 1968, Psychological Bulletin 70, table 1 (proportions, weights of his own): kappa_w .348.
COHEN_1968 = [[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]
COHEN_1968_WEIGHTS = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
# Fleiss 1971, Psychological Bulletin 76, table 1: 30 patients, each by 6 psychiatrists, as
# depression, personality disorder, schizophrenia, neurosis, other.
FLEISS_1971 = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
    [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0], [0, 2, 0, 4, 0], [1, 0, 2, 0, 3],
    [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0], [1, 0, 0, 4, 1],
    [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
]  # fmt: skip
# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C: four observers, twelve
# units, values 1 to 5, some missing.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_cohens_kappa_of_1960() -> None:
    found = measure(from_table(COHEN_1960)).figures["cohen"]
    assert found.value == pytest.approx(0.492, abs=5e-4)
    assert (found.units, found.pairs, found.judges) == (200, 200, 2)


def test_cohens_weighted_kappa_of_1968() -> None:
    table, weights = np.array(COHEN_1968), np.array(COHEN_1968_WEIGHTS, dtype=float)
    assert forms.cohen(table, weights) == pytest.approx(0.348, abs=5e-4)
    library = cohens_kappa(table, weights=weights, return_results=False)
    assert forms.cohen(table, weights) == pytest.approx(library)


def test_fleiss_kappa_of_1971() -> None:
    found = measure(from_counts(FLEISS_1971)).figures["fleiss"]
    assert found.value == pytest.approx(0.430, abs=5e-4)
    assert (found.units, found.pairs, found.judges) == (30, 450, 6)


def test_fleiss_kappa_of_single_diagnoses() -> None:
    """(P_j - p_j) / (1 - p_j), P_j being specific agreement; as kappam.fleiss(detail) of R's irr
    gives for the same patients."""
    counts = np.array(FLEISS_1971)
    pairs = np.array([np.outer(row, row) - np.diag(row) for row in counts]).sum(axis=0) * 1.0
    found = np.array([forms.specific(pairs, np.eye(5)[grade]) for grade in range(5)])
    share = counts.sum(axis=0) / counts.sum()
    kappas = (found - share) / (1 - share)
    assert np.round(kappas, 3).tolist() == [0.245, 0.245, 0.520, 0.471, 0.566]


def test_krippendorffs_alpha_of_2011() -> None:
    rows = [
        (unit, unit, observer, value)
        for observer, values in enumerate(OBSERVERS)
        for unit, value in enumerate(values)
        if value is not None
    ]
    found = measure(judged(rows, 6)).figures
    assert found["alpha_nominal"].value == pytest.approx(0.743, abs=5e-4)
    assert found["alpha_ordinal"].value == pytest.approx(0.815, abs=5e-4)
    assert found["alpha_interval"].value == pytest.approx(0.849, abs=5e-4)
    # The last unit has one value, which can be compared with none: 40 of his 41 are pairable.
    assert (found["alpha_nominal"].units, found["alpha_nominal"].judges) == (11, 4)
