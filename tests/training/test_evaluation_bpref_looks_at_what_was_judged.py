"""bpref against its definition, worked out by hand and from its formula, edges included."""

import numpy as np
import pytest

from training.ml.data import Pair
from training.ml.measures.evaluation import evaluate


def bpref(order: str, *, missing: str = "") -> float:
    """bpref of a ranking of r(elevant), n(ot relevant), u(njudged); `missing` was not ranked."""
    pairs, scores = [], {}
    for place, label in enumerate(order + missing):
        name = f"p{place:02}"
        if label != "u":
            relevant = label == "r"
            pairs.append(
                Pair("q", "q", name, "", "t", relevant, float(relevant), relevant, relevant)
            )
        if place < len(order):
            scores[name] = -float(place)
    found = evaluate(pairs, {"s": {"q": scores}})
    return found.per_query["s"]["q"]["bpref"]


def defined(order: str, missing: str = "") -> float:
    """1/R times the sum over ranked relevant ones of 1 - min(n above, R) / min(R, N)."""
    relevant, other = ((order + missing).count(label) for label in "rn")
    parts = [
        1 - min(order[:place].count("n"), relevant) / min(relevant, other) if other else 1.0
        for place, label in enumerate(order)
        if label == "r"
    ]
    return sum(parts) / relevant if relevant else 0.0


def test_worked_by_hand() -> None:
    # R = 3, N = 2, so that min(R, N) = 2: r has none above it, the second one, the third both.
    assert bpref("rnrnr") == pytest.approx((1 + (1 - 1 / 2) + (1 - 2 / 2)) / 3)
    # R = 2, N = 4: the second relevant one has three above it, of which two count.
    assert bpref("nrnnnr") == pytest.approx(((1 - 1 / 2) + (1 - 2 / 2)) / 2)


@pytest.mark.parametrize(
    ("order", "missing", "value"),
    [
        ("rrnn", "", 1.0),
        ("nnrr", "", 0.0),
        ("rurnun", "", 1.0),  # what nobody judged is passed over, wherever it stands
        ("uunr", "", 0.0),
        ("rr", "", 1.0),  # nothing was judged not relevant
        ("r", "r", 0.5),
        ("rn", "r", 0.5),  # a relevant passage that was not ranked adds nothing
        ("nn", "", 0.0),  # nothing was judged relevant
        ("n", "r", 0.0),
    ],
)
def test_edges(order: str, missing: str, value: float) -> None:
    assert bpref(order, missing=missing) == pytest.approx(value)
    assert defined(order, missing) == pytest.approx(value)


def test_equals_its_definition_on_random_rankings() -> None:
    rng = np.random.default_rng(4)
    for _ in range(60):
        order = "".join(rng.choice(list("rnnu"), size=rng.integers(1, 14)))
        missing = "".join(rng.choice(list("rn"), size=rng.integers(0, 3)))
        if set(order + missing) == {"u"}:
            continue
        assert bpref(order, missing=missing) == pytest.approx(defined(order, missing)), order
