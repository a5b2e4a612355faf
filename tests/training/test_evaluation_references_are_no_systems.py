"""Chance and the best possible order stand beside the systems and come from the same code."""

from dataclasses import replace

import pytest
from sklearn.metrics import average_precision_score

from tests.tiny_run import tiny_run
from tests.training.test_evaluation_treats_all_systems_alike import pairs_make
from training.ml.data import Pair
from training.ml.measures.evaluation import COMPARED_METRICS, evaluate, oracle_scores
from training.ml.measures.references import (
    BEST_ORDER,
    ONE_ANSWER,
    RANDOM_ORDER,
    reference_rows,
    shuffles_of,
)


def found_of(pairs: list[Pair], dev: list[Pair] | None = None) -> dict[tuple[str, str], float]:
    rows = reference_rows(pairs, dev=dev)
    assert all(row.low is None and row.high is None for row in rows)
    return {(row.system, row.metric): row.value for row in rows}


def one_of(candidates: int, queries: int, relevant: int = 1) -> list[Pair]:
    return [
        replace(p, gain=float(hit), relevant=hit)
        for p in pairs_make(queries, candidates)
        for hit in [int(p.passage_id[1:]) < relevant]
    ]


def test_the_random_order_has_the_values_that_chance_has() -> None:
    found = found_of(one_of(candidates=5, queries=40))
    assert found[RANDOM_ORDER, "P@1"] == pytest.approx(1 / 5, abs=0.015)
    expected = sum(1 / rank for rank in range(1, 6)) / 5
    assert found[RANDOM_ORDER, "MRR@10"] == pytest.approx(expected, abs=0.015)
    assert found[RANDOM_ORDER, "Recall@10"] == 1


def test_the_best_order_is_that_of_the_gains_and_below_1_without_a_relevant_passage() -> None:
    pairs = pairs_make(25, 4)
    found = found_of(pairs)
    same = evaluate(pairs, {"gains": oracle_scores(pairs)})
    for row in same.rows:
        if row.metric in COMPARED_METRICS:
            assert found[BEST_ORDER, row.metric] == row.value
    share = same.counts.queries_with_relevant / same.counts.queries
    assert found[BEST_ORDER, "MRR@10"] == pytest.approx(share)
    assert share < 1


@pytest.mark.parametrize(("relevant", "accuracy"), [(1, 0.8), (4, 0.8)])
def test_one_answer_is_what_the_majority_of_the_labels_gives(
    relevant: int, accuracy: float
) -> None:
    found = found_of(one_of(5, 10, relevant))
    share = relevant / 5
    labels = [True] * relevant + [False] * (5 - relevant)
    assert found[ONE_ANSWER, "accuracy"] == accuracy
    assert found[ONE_ANSWER, "precision"] == share
    assert found[ONE_ANSWER, "recall"] == 1
    assert found[ONE_ANSWER, "f1"] == pytest.approx(2 * share / (1 + share))
    assert found[ONE_ANSWER, "average_precision"] == average_precision_score(labels, [0.0] * 5)
    assert not any("threshold" in metric for _, metric in found)


def test_the_answer_may_be_chosen_on_other_pairs_as_thresholds_are() -> None:
    found = found_of(one_of(5, 10, relevant=4), one_of(5, 10, relevant=1))
    assert found[ONE_ANSWER, "accuracy_at_dev_threshold"] == pytest.approx(0.2)
    assert found[ONE_ANSWER, "accuracy"] == 0.8


def test_one_label_leaves_no_answer_to_choose() -> None:
    assert ONE_ANSWER not in {system for system, _ in found_of(one_of(5, 4, relevant=5))}


def test_the_same_pairs_in_any_order_give_the_same_references() -> None:
    pairs = pairs_make(20, 8)
    assert reference_rows(pairs) == reference_rows(pairs[::-1])


def test_many_pairs_are_shuffled_less_often() -> None:
    pair = pairs_make(1, 1)
    assert [shuffles_of(pair * n) for n in (10, 2_000, 100_000)] == [200, 100, 10]


def test_a_run_measures_the_references_and_compares_nothing_with_them() -> None:
    references = {BEST_ORDER, RANDOM_ORDER, ONE_ANSWER}
    for evaluation in tiny_run("agro").outcome.evaluations.values():
        assert references <= {row.system for row in evaluation.rows}
        assert not references & set(evaluation.per_query)
        compared = {name for row in evaluation.differences for name in (row.system, row.against)}
        assert not references & compared
        measured = {row.metric for row in evaluation.rows if row.system in references}
        assert "Judged@10" not in measured
