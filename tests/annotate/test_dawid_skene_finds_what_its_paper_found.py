"""The anaesthetists of Dawid and Skene (1979), and what the model needs besides.

Table 1 of the paper: five anaesthetists graded 45 patients from 1 to 4, the first one three times.
Its results: the shares .40, .42, .11 and .07 of the four grades, and the table of each observer.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from annotate.resolving.dawid_skene import DawidSkene, dawid_skene

TABLE_1 = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3
222 2 2 2 3|232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1
111 1 1 1 1|111 1 1 1 1|222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2
111 1 1 1 1|111 1 1 1 1|232 2 2 2 2|111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3
111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3|221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1
111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""


def votes() -> NDArray[np.int64]:
    """Return (item, judge, grade) rows, all from 0."""
    patients = TABLE_1.strip().replace("\n", "|").split("|")
    return np.array(
        [
            (item, judge, int(grade) - 1)
            for item, row in enumerate(patients)
            for judge, given in enumerate(row.split())
            for grade in given
        ]
    )


def fitted(rows: NDArray[np.int64], **how: Any) -> DawidSkene:
    return dawid_skene(rows[:, 0], rows[:, 1], rows[:, 2], grades=4, **how)


def test_the_papers_results_are_found() -> None:
    model = fitted(votes(), smoothing=0.0)
    assert model.converged
    assert model.priors == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    first = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    assert model.errors[0] == pytest.approx(np.array(first), abs=0.005)
    # All but a handful of patients are certain; the third, whom grade 1 and 2 were given, is a 2.
    best = model.beliefs.max(axis=1)
    assert int((best < 0.99).sum()) == 3
    assert model.beliefs[2].argmax() == 1
    assert model.beliefs[6] == pytest.approx([0.98, 0.02, 0, 0], abs=0.005)


def test_a_plain_reading_of_the_formulas_gives_the_same() -> None:
    rows = votes()
    counts = np.zeros((45, 5, 4))
    for item, judge, grade in rows:
        counts[item, judge, grade] += 1
    beliefs = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None]
    for _ in range(12):
        given = np.einsum("ij,ikl->kjl", beliefs, counts) + 0.01
        errors = given / given.sum(axis=2, keepdims=True)
        shares = beliefs.mean(axis=0)
        likelihood = shares * np.prod(errors.transpose(1, 0, 2)[None] ** counts[:, None], (2, 3))
        beliefs = likelihood / likelihood.sum(axis=1, keepdims=True)
    model = fitted(rows, iterations_max=12, tolerance=0.0)
    assert (model.iterations, model.converged) == (12, False)
    assert model.beliefs == pytest.approx(beliefs, abs=1e-6)


def test_a_known_truth_stays_and_teaches() -> None:
    known = np.full(45, -1)
    known[2] = 0
    model = fitted(votes(), known=known)
    assert model.beliefs[2].tolist() == [1, 0, 0, 0]
    assert model.errors[0, 0, 0] < fitted(votes()).errors[0, 0, 0]


def test_who_stands_alone_is_believed_and_a_contrarian_is_seen_through() -> None:
    alone = np.array([(0, 0, 3), (1, 0, 0)])
    assert fitted(alone).beliefs.argmax(axis=1).tolist() == [3, 0]
    truth = np.arange(200) % 2
    rows = [(item, judge, truth[item]) for item in range(200) for judge in range(2)]
    rows += [(item, 2, 1 - truth[item]) for item in range(200)]
    model = dawid_skene(*np.array(rows).T, grades=2)
    assert model.accuracy == pytest.approx([1, 1, 0], abs=0.01)
    assert model.beliefs.argmax(axis=1).tolist() == truth.tolist()
