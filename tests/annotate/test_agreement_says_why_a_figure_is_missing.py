"""What is not defined is said so, with the reason, and never a NaN or a made-up number."""

import json

import numpy as np
import pytest

from annotate.agreement.figures import MEASURES
from annotate.agreement.measures import measure
from annotate.agreement.observed import Judgments
from annotate.agreement.report import Material, agreement_measure
from annotate.agreement.slices import slices_of
from tests.annotate.agreeing import from_table, judged, scheme_of


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(0, 0, 1, 0), (0, 1, 1, 1)],
        [(0, 0, 1, 0), (0, 1, 2, 1)],
    ],
    ids=["nobody", "one judge", "no overlap"],
)
def test_without_two_on_one_candidate_nothing_is_defined(
    rows: list[tuple[int, int, int, int]],
) -> None:
    found = measure(judged(rows, 3), whole=True)
    for name in MEASURES:
        figure = found.figures[name]
        assert (figure.value, figure.low, figure.units) == (None, None, 0)
        assert figure.why == "not defined, because no candidate has judgments of two people"
    assert (found.pairs, found.grades, found.relevant) == ([], [], None)


def test_one_and_the_same_grade_is_full_agreement_and_no_kappa() -> None:
    found = measure(judged([(q, q, judge, 1) for q in range(9) for judge in range(2)], 3))
    percent = found.figures["percent"]
    assert (percent.value, percent.low) == (1.0, None)
    assert percent.why.startswith("no interval")
    for name in MEASURES[1:]:
        assert found.figures[name].value is None, name
        assert found.figures[name].why.startswith("not defined, because"), name


def test_one_query_gives_figures_without_intervals() -> None:
    rows = [(7, unit, judge, (unit + judge * (unit % 3 == 0)) % 2)
            for unit in range(9) for judge in range(2)]  # fmt: skip
    found = measure(judged(rows, 2)).figures["alpha_ordinal"]
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert "one query" in found.why


def test_small_slices_are_listed_without_figures() -> None:
    observed = from_table([[30, 10], [10, 30]])
    lengths = {query: 5 if query < 7 else 50 for query in range(8)}
    short, long = slices_of(observed, {}, lengths, {})
    assert (short.units, short.queries, short.why) == (70, 7, "")
    assert set(short.figures) == set(MEASURES)
    assert (long.units, long.figures) == (10, {})
    assert long.why.startswith("too small: 10 candidates with several judgments in 1 query;")


def test_a_report_of_nothing_is_a_report() -> None:
    none = np.zeros(0, dtype=np.int64)
    material = Material(scheme_of(2), Judgments(*[none] * 5), none, none, {}, {})
    stored = json.loads(json.dumps(agreement_measure(material).as_dict(), allow_nan=False))
    assert (stored["judgments"], stored["pairs_total"], stored["conflicts_total"]) == (0, 0, 0)
    assert stored["figures"]["percent"]["value"] is None
