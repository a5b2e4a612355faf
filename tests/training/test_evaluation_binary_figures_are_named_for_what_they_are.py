"""The stock figures equal sentence-transformers' own; the honest ones use another split."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from training.ml.data import Pair
from training.ml.measures.evaluation import (
    BINARY_METRICS,
    DEV_THRESHOLD_METRICS,
    METRIC_UNITS,
    RANKING_METRICS,
    Evaluation,
    Thresholds,
    evaluate,
    thresholds_choose,
)

Scores = NDArray[np.float32] | NDArray[np.float64]


def pairs_make(labels: NDArray[np.bool_]) -> list[Pair]:
    """Pairs with these labels, five to a query, ids in the order of the labels."""
    return [
        Pair(f"q{n // 5:06}", "q", f"p{n % 5}", "", "t", label, label, label, bool(label))
        for n, label in enumerate(labels.astype(float).tolist())
    ]


def scores_make(values: Scores) -> dict[str, dict[str, float]]:
    """The scores of `pairs_make`'s pairs, as `predict(...).tolist()` would give them."""
    scores: dict[str, dict[str, float]] = {}
    for n, value in enumerate(values.tolist()):
        scores.setdefault(f"q{n // 5:06}", {})[f"p{n % 5}"] = value
    return scores


def figures(evaluation: Evaluation) -> dict[str, float]:
    """Binary metric -> value."""
    return {row.metric: row.value for row in evaluation.rows if row.metric not in RANKING_METRICS}


def stock(labels: NDArray[np.bool_], values: Scores) -> dict[str, float]:
    """What sentence-transformers' evaluator says about a model that predicts these scores."""
    # Here and not above: it brings torch, which evaluation itself must not need.
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder.evaluation import CrossEncoderClassificationEvaluator

    model = SimpleNamespace(
        num_labels=1,
        predict=lambda *_, **__: values,
        model_card_data=SimpleNamespace(set_evaluation_metrics=lambda *_: None),
    )
    evaluator = CrossEncoderClassificationEvaluator(
        [["q", "t"]] * len(labels), labels.astype(int).tolist(), write_csv=False
    )
    found: dict[str, float] = evaluator(cast("CrossEncoder", model))
    return found


def cases() -> list[tuple[NDArray[np.bool_], Scores]]:
    """Random, tied, separable, useless and upside-down scores, in both precisions."""
    found: list[tuple[NDArray[np.bool_], Scores]] = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 400))
        labels = rng.random(n) < rng.choice([0.01, 0.1, 0.5, 0.9])
        labels[:2] = [True, False]
        lift = rng.choice([-2, 0, 1, 20])
        raw = rng.normal(size=n) + lift * labels
        if seed % 3 == 0:
            raw = np.round(raw)
        if seed % 7 == 0:
            raw = 1 / (1 + np.exp(-raw))
        # Round numbers only as float32, which is what `CrossEncoder.predict` returns.
        values: Scores = raw.astype(np.float32) if seed % 2 or seed % 3 == 0 else raw
        found.append((labels, values))
    found.append((np.array([True, False, True]), np.zeros(3, dtype=np.float32)))
    near = np.nextafter(np.float32(0.5), np.float32(1))
    found.append((np.array([True, False, True]), np.array([near, 0.5, 0.25], dtype=np.float32)))
    return found


def test_stock_figures_equal_the_stock_evaluator() -> None:
    for labels, values in cases():
        ours = figures(evaluate(pairs_make(labels), {"s": scores_make(values)}))
        theirs = stock(labels, values)
        assert set(theirs) == set(BINARY_METRICS) == set(ours)
        for metric in BINARY_METRICS:
            assert ours[metric] == pytest.approx(float(theirs[metric]), abs=1e-9), metric


def test_thresholds_from_dev_are_applied_to_test_and_beat_no_stock_figure() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(4000) < 0.02
    values = rng.normal(size=4000) + 1.2 * labels
    dev, test = pairs_make(labels[:2000]), pairs_make(labels[2000:])
    chosen = thresholds_choose(dev, scores_make(values[:2000]))
    assert chosen is not None
    found = evaluate(test, {"s": scores_make(values[2000:])}, thresholds={"s": chosen})
    at = figures(found)
    called = values[2000:] >= chosen.f1
    hits = int((called & labels[2000:]).sum())
    assert at["precision_at_dev_threshold"] == pytest.approx(hits / called.sum())
    assert at["recall_at_dev_threshold"] == pytest.approx(hits / labels[2000:].sum())
    right = ((values[2000:] >= chosen.accuracy) == labels[2000:]).mean()
    assert at["accuracy_at_dev_threshold"] == pytest.approx(right)
    assert at["f1_at_dev_threshold"] < at["f1"]
    assert (at["f1_dev_threshold"], at["accuracy_dev_threshold"]) == (chosen.f1, chosen.accuracy)


def test_stock_f1_is_too_good_on_few_positives_and_the_dev_threshold_is_not() -> None:
    """Scores that know nothing: whatever F1 the choice of a threshold adds, it does not keep."""
    stock_f1, honest = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = np.zeros(300, dtype=np.bool_)
        labels[rng.choice(300, 10, replace=False)] = True
        dev, test = scores_make(rng.normal(size=300)), scores_make(rng.normal(size=300))
        chosen = thresholds_choose(pairs_make(labels), dev)
        assert chosen is not None
        at = figures(evaluate(pairs_make(labels), {"s": test}, thresholds={"s": chosen}))
        stock_f1.append(at["f1"])
        honest.append(at["f1_at_dev_threshold"])
    assert np.mean(stock_f1) > np.mean(honest) + 0.04


def test_rows_say_what_their_n_counts() -> None:
    labels = np.array([True, False, False, True, False, False, True])
    chosen = {"s": Thresholds(accuracy=0.5, f1=0.5)}
    found = evaluate(pairs_make(labels), {"s": scores_make(np.arange(7.0))}, thresholds=chosen)
    units = {"queries": 2, "pairs": 7, "positives": 3}
    assert all(row.n == units[METRIC_UNITS[row.metric]] for row in found.rows)
    names = [row.metric for row in found.rows]
    assert tuple(names) == (*RANKING_METRICS, *BINARY_METRICS, *DEV_THRESHOLD_METRICS)


@pytest.mark.parametrize("label", [True, False])
def test_one_class_leaves_the_rows_out_and_says_why(label: bool) -> None:
    pairs = pairs_make(np.full(10, label))
    scores = scores_make(np.arange(10.0))
    found = evaluate(pairs, {"s": scores}, thresholds={"s": Thresholds(0.0, 0.0)})
    assert figures(found) == {}
    word = "relevant" if label else "not relevant"
    assert f"binary metrics are undefined: all 10 pairs are {word}" in found.notes
    assert [row.metric for row in found.rows] == list(RANKING_METRICS)
    assert all(np.isfinite(row.value) for row in found.rows)
    assert thresholds_choose(pairs, scores) is None


def test_pair_without_a_score_is_never_called_relevant() -> None:
    labels = np.array([True, False, True, False, False])
    scores = {"q000000": {"p0": 5.0, "p1": 4.0, "p3": 3.0}}
    found = evaluate(pairs_make(labels), {"s": scores}, thresholds={"s": Thresholds(2.0, -3.0)})
    at = figures(found)
    assert at["recall_at_dev_threshold"] == 0.5
    assert at["precision_at_dev_threshold"] == pytest.approx(1 / 3)
    assert at["accuracy_at_dev_threshold"] == pytest.approx(2 / 5)
    assert np.isfinite(at["f1_threshold"])
    assert any("2 of 5 pairs have no score" in note for note in found.notes)


def test_thresholds_of_a_system_that_is_not_evaluated_are_refused() -> None:
    with pytest.raises(ValueError, match="not evaluated: \\['modle'\\]"):
        evaluate(pairs_make(np.array([True, False])), {}, thresholds={"modle": Thresholds(0, 0)})
