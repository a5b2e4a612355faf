"""Ties, gaps and input order: nothing is dropped in silence and nobody is favoured."""

import random
from dataclasses import replace
from math import log2

import numpy as np
import pytest

from training.ml.data import Pair
from training.ml.measures.evaluation import (
    COMPARED_METRICS,
    Evaluation,
    bm25_scores,
    evaluate,
    first_stage_scores,
    oracle_scores,
)
from training.ml.measures.judged import SystemScores
from training.ml.measures.systems import first_stage_ties


def pairs_make(queries: int, candidates: int, seed: int = 0) -> list[Pair]:
    """Random graded pairs; some queries have no relevant passage."""
    rng = np.random.default_rng(seed)
    grades = rng.choice(4, size=(queries, candidates), p=[0.7, 0.15, 0.1, 0.05])
    return [
        Pair(
            query_id=f"q{q}",
            query="query words",
            passage_id=f"p{p}",
            title="title",
            text=f"text {p}",
            grade=float(grades[q, p]),
            gain=float(2.0 ** grades[q, p] - 1),
            target=grades[q, p] / 3,
            relevant=bool(grades[q, p] >= 2),
        )
        for q in range(queries)
        for p in range(candidates)
    ]


def scores_make(pairs: list[Pair], seed: int) -> dict[str, dict[str, float]]:
    """Random scores of every pair."""
    rng = np.random.default_rng(seed)
    scores: dict[str, dict[str, float]] = {}
    for pair in pairs:
        scores.setdefault(pair.query_id, {})[pair.passage_id] = float(rng.normal())
    return scores


def values(evaluation: Evaluation, system: str) -> dict[str, float]:
    """Metric -> value of one system."""
    return {row.metric: row.value for row in evaluation.rows if row.system == system}


def test_all_ties_score_as_a_random_order_whatever_the_labels() -> None:
    """A query of 5 with one relevant passage: P@1 is 1/5, not 0 or 1."""
    blank = pairs_make(4000, 5)
    for place in (0, 4):  # wherever the relevant one stands, by input order and by id
        pairs = [
            replace(
                p, gain=float(p.passage_id == f"p{place}"), relevant=p.passage_id == f"p{place}"
            )
            for p in blank
        ]
        tied = {f"q{q}": {f"p{p}": 0.5 for p in range(5)} for q in range(4000)}
        found = values(evaluate(pairs, {"tied": tied}), "tied")
        assert found["P@1"] == pytest.approx(0.2, abs=0.025)
        assert found["MRR@10"] == pytest.approx(sum(1 / r for r in range(1, 6)) / 5, abs=0.025)
        expected = sum(1 / log2(rank + 1) for rank in range(1, 6)) / 5
        assert found["nDCG@10"] == pytest.approx(expected, abs=0.025)


def test_two_systems_with_the_same_ties_get_the_same_values() -> None:
    pairs = pairs_make(30, 8)
    coarse = {
        q: {p: float(round(s)) for p, s in run.items()} for q, run in scores_make(pairs, 1).items()
    }
    moved = {q: dict(reversed([(p, 10 * s) for p, s in run.items()])) for q, run in coarse.items()}
    found = evaluate(pairs, {"a": coarse, "b": moved})
    assert found.per_query["a"] == found.per_query["b"]
    assert all(row.delta == 0 and row.p == 1 and row.low is None for row in found.differences)


def test_order_of_pairs_and_scores_changes_nothing() -> None:
    pairs = pairs_make(20, 8)
    scores = {
        q: {p: float(round(s)) for p, s in run.items()} for q, run in scores_make(pairs, 1).items()
    }
    shuffled = list(pairs)
    random.Random(5).shuffle(shuffled)
    backwards = {q: dict(reversed(run.items())) for q, run in reversed(scores.items())}
    assert evaluate(pairs, {"s": scores}) == evaluate(shuffled, {"s": backwards})


def test_seed_decides_intervals_and_ties() -> None:
    pairs = pairs_make(20, 8)
    tied = {f"q{q}": {f"p{p}": 1.0 for p in range(8)} for q in range(20)}
    one, again, other = (evaluate(pairs, {"s": tied}, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.per_query != other.per_query


def test_missing_query_counts_as_zero() -> None:
    pairs = pairs_make(10, 6)
    full = oracle_scores(pairs)
    part = {q: run for q, run in full.items() if q != "q3"}
    found = evaluate(pairs, {"part": part, "hollow": {**part, "q3": {}}})
    for system in ("part", "hollow"):
        assert set(found.per_query[system]["q3"].values()) == {0.0}
        assert len(found.per_query[system]) == 10
        assert any(note.startswith(f"{system}: 1 of 10 queries") for note in found.notes)
    mean = np.mean([row["nDCG@10"] for row in found.per_query["part"].values()])
    assert values(found, "part")["nDCG@10"] == pytest.approx(mean)


def test_system_without_any_score_is_zero_everywhere() -> None:
    found = evaluate(pairs_make(10, 6), {"none": {}})
    assert all(values(found, "none")[metric] == 0 for metric in COMPARED_METRICS)


def test_missing_passage_is_not_found() -> None:
    pairs = [
        replace(p, gain=float(p.passage_id != "p0"), relevant=p.passage_id != "p0")
        for p in pairs_make(1, 3)
    ]
    found = evaluate(pairs, {"s": {"q0": {"p0": 2.0, "p1": 1.0}}})
    one = found.per_query["s"]["q0"]
    assert one["Recall@10"] == 0.5
    assert one["MAP"] == pytest.approx((1 / 2) / 2)
    assert one["nDCG@10"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert found.notes == ("s: 1 of 3 pairs have no score and count as not found",)


def test_passage_that_nobody_judged_is_ranked_and_shown() -> None:
    pairs = [replace(p, gain=1.0, relevant=True) for p in pairs_make(1, 1)]
    found = evaluate(pairs, {"s": {"q0": {"p0": 1.0, "new": 2.0}, "other": {"x": 1.0}}})
    one = found.per_query["s"]["q0"]
    assert (one["MRR@10"], one["P@1"], one["Judged@10"]) == (0.5, 0.0, 0.5)
    assert any("1 scored passages are not judged" in note for note in found.notes)
    assert any("1 scored queries are not judged" in note for note in found.notes)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_score_that_is_no_number_is_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match=r"base: the score of query 'q0', passage 'p1'"):
        evaluate(pairs_make(1, 2), {"base": {"q0": {"p0": 0.0, "p1": bad}}})


def test_empty_and_repeated_input_is_refused() -> None:
    pairs = pairs_make(2, 2)
    with pytest.raises(ValueError, match="no judged pair"):
        evaluate([], {})
    with pytest.raises(ValueError, match="'q0', passage 'p0' occurs more than once"):
        evaluate([*pairs, pairs[0]], {})
    assert evaluate(pairs, {}).rows == ()


def test_the_best_order_is_a_ceiling_for_every_system() -> None:
    for seed in range(5):
        pairs = pairs_make(25, 14, seed)
        systems: dict[str, SystemScores] = {f"s{n}": scores_make(pairs, n) for n in range(3)}
        found = evaluate(pairs, {**systems, "best": oracle_scores(pairs)})
        ceiling = found.per_query["best"]
        for system in systems:
            for query_id, row in found.per_query[system].items():
                assert all(row[m] <= ceiling[query_id][m] + 1e-12 for m in COMPARED_METRICS)
        share = found.counts.queries_with_relevant / found.counts.queries
        assert values(found, "best")["MRR@10"] == pytest.approx(share)


def test_first_stage_keeps_ranks_then_the_candidates_it_did_not_propose() -> None:
    pairs = pairs_make(2, 3)
    assert first_stage_scores(pairs) is None
    ranks = {("q0", "p2"): 1, ("q0", "p0"): 7}
    pairs = [replace(p, rank=ranks.get((p.query_id, p.passage_id))) for p in pairs]
    scores = first_stage_scores(pairs)
    assert scores is not None
    assert sorted(scores["q0"], key=lambda name: -scores["q0"][name]) == ["p2", "p0", "p1"]
    assert len(set(scores["q1"].values())) == 1
    assert set(scores["q1"]) == {"p0", "p1", "p2"}


def test_first_stage_breaks_ties_of_rank_by_its_own_score() -> None:
    places = {"p0": (1, 0.2), "p1": (1, 0.9), "p2": (2, 5.0), "p3": (2, 5.0), "p4": (None, None)}
    pairs = [
        replace(p, rank=places[p.passage_id][0], score=places[p.passage_id][1])
        for p in pairs_make(1, 5)
    ]
    scores = first_stage_scores(pairs)
    assert scores is not None
    own = scores["q0"]
    assert own["p1"] == -1 > own["p0"] > own["p2"] == own["p3"] == -2 > own["p4"]
    assert first_stage_ties(pairs) == 2
    assert first_stage_ties(pairs_make(3, 4)) == 0


def test_bm25_scores_exactly_the_judged_candidates() -> None:
    texts = {"p0": "sort a list of numbers", "p1": "open a file", "p2": "numbers as text"}
    pairs = [
        replace(p, query="sorting a list", title="", text=texts[p.passage_id])
        for p in pairs_make(2, 3)
    ][:5]
    scores = bm25_scores(pairs)
    assert {q: set(run) for q, run in scores.items()} == {
        "q0": {"p0", "p1", "p2"},
        "q1": {"p0", "p1"},
    }
    assert scores["q0"]["p0"] > scores["q0"]["p1"] == 0
    corpus = {**texts, **{f"x{n}": "list of lists" for n in range(50)}}
    wider = bm25_scores(pairs, corpus)
    assert set(wider["q0"]) == {"p0", "p1", "p2"}
    assert wider["q0"]["p0"] != scores["q0"]["p0"]
    with pytest.raises(ValueError, match="'p2' is judged but not in the corpus"):
        bm25_scores(pairs, {"p0": "a", "p1": "b"})
