"""On any judgments our figures are those of scikit-learn, statsmodels and krippendorff, and what is
resampled is what these would give for the resampled queries."""

import warnings
from collections.abc import Iterator
from typing import Literal

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from annotate.agreement import forms
from annotate.agreement.figures import ALPHA, COHEN
from annotate.agreement.measures import PAIRS_MAX, measure
from annotate.agreement.observed import Floats, Observed
from annotate.agreement.tallies import Tables, Tally, fleiss_size
from tests.annotate.agreeing import judged

Rows = list[tuple[int, int, int, int]]
STEPS, JUDGES = 4, 4
LEVELS: dict[str, Literal["nominal", "ordinal", "interval"]] = {
    "nominal": "nominal",
    "ordinal": "ordinal",
    "interval": "interval",
}
SK_WEIGHTS = {"cohen": None, "cohen_linear": "linear", "cohen_quadratic": "quadratic"}


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Up to 30 candidates of 6 queries, each judged by any of the judges, by nobody or by all."""
    grade = st.one_of(st.none(), st.integers(0, STEPS - 1))
    units = draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.lists(grade, min_size=JUDGES, max_size=JUDGES)),
            max_size=30,
        )
    )
    return [
        (query, unit, judge, value)
        for unit, (query, grades) in enumerate(units)
        for judge, value in enumerate(grades)
        if value is not None
    ]  # fmt: skip


def matrix(data: Rows) -> Floats:
    """Judges by candidates, NaN where a judgment is missing."""
    units = sorted({unit for _, unit, _, _ in data})
    found = np.full((JUDGES, len(units)), np.nan)
    for _, unit, judge, grade in data:
        found[judge, units.index(unit)] = grade
    return found


def library_alpha(data: Rows, level: str) -> float:
    table = matrix(data)
    table = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    if len(np.unique(table[~np.isnan(table)])) < 2:
        return float("nan")
    return float(krippendorff.alpha(table, level_of_measurement=LEVELS[level]))


def library_kappas(data: Rows, measured: str) -> Iterator[tuple[tuple[int, int], float, int]]:
    table = matrix(data)
    for one in range(JUDGES):
        for other in range(one + 1, JUDGES):
            both = ~np.isnan(table[one]) & ~np.isnan(table[other])
            if both.any():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    kappa = cohen_kappa_score(
                        table[one, both], table[other, both],
                        labels=range(STEPS), weights=SK_WEIGHTS[measured],
                    )  # fmt: skip
                yield (one, other), float(kappa), int(both.sum())


def library_cohen(data: Rows, measured: str) -> float:
    found = [(kappa, n) for _, kappa, n in library_kappas(data, measured) if not np.isnan(kappa)]
    n = sum(each for _, each in found)
    return sum(kappa * each for kappa, each in found) / n if found else float("nan")


def library_fleiss(data: Rows, size: int) -> float:
    units: dict[int, list[int]] = {}
    for _, unit, _, grade in data:
        units.setdefault(unit, []).append(grade)
    counts = [np.bincount(grades, minlength=STEPS) for grades in units.values()
              if len(grades) == size]  # fmt: skip
    used = np.count_nonzero(np.sum(counts, axis=0)) if counts else 0
    return float(fleiss_kappa(np.array(counts))) if used > 1 else float("nan")


def nothing(value: float | None) -> float:
    return float("nan") if value is None else value


@settings(max_examples=30, deadline=None)
@given(rows())
def test_the_figures_are_those_of_the_libraries(data: Rows) -> None:
    observed = judged(data, STEPS)
    found = measure(observed, whole=True)
    size = fleiss_size(observed.units.sizes)
    expected = {
        **{name: library_cohen(data, name) for name in COHEN},
        **{name: library_alpha(data, level) for name, level in ALPHA.items()},
        "fleiss": library_fleiss(data, size),
    }
    given_ = {name: nothing(found.figures[name].value) for name in expected}
    assert given_ == pytest.approx(expected, nan_ok=True, abs=1e-9)
    for name in COHEN:
        kappas = {pair: kappa for pair, kappa, _ in library_kappas(data, name)}
        ours = {(p.one, p.other): nothing(p.figures[name].value) for p in found.pairs}
        assert ours == pytest.approx(kappas, nan_ok=True, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(rows(), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_resample_is_what_its_queries_would_give(data: Rows, drawn: list[int]) -> None:
    observed = judged(data, STEPS)
    weights = np.array([[drawn[query] for query in observed.units.queries]], dtype=np.float64)
    if not weights.sum():
        return
    repeated = [
        (query * 10 + copy, unit * 10 + copy, judge, grade)
        for query, unit, judge, grade in data
        for copy in range(drawn[query])
    ]
    size = fleiss_size(observed.units.sizes)
    expected = {
        **{name: library_cohen(repeated, name) for name in COHEN},
        **{name: library_alpha(repeated, level) for name, level in ALPHA.items()},
        "fleiss": library_fleiss(repeated, size),
    }
    assert resampled(observed, weights) == pytest.approx(expected, nan_ok=True, abs=1e-9)


def resampled(observed: Observed, weights: Floats) -> dict[str, float]:
    """The fast forms of what the weights make of each query's tally."""
    tally = Tally.of_queries(observed).weighted(weights)
    tables = Tables.of_queries(observed, PAIRS_MAX).weighted(weights)
    values = np.arange(STEPS)
    found = {
        name: forms.mean_over_pairs(
            forms.cohen(tables, forms.cohen_weights(STEPS, kind)), tables.sum(axis=(-2, -1))
        )[0]
        for name, kind in COHEN.items()
    }
    found |= {
        name: forms.alpha(tally.coincidences, level, values)[0] for name, level in ALPHA.items()
    }
    counts = (tally.fleiss_units, tally.fleiss_agreeing, tally.fleiss_counts)
    return {name: float(value) for name, value in found.items()} | {
        "fleiss": float(forms.fleiss(*counts)[0])
    }
