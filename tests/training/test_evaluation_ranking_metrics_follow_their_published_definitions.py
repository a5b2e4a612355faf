"""Ranking metrics against figures worked out by hand, and against trec_eval's code itself."""

from collections.abc import Sequence
from math import log2

import numpy as np
import pytest
import pytrec_eval

from training.ml.data import Pair
from training.ml.measures.evaluation import Evaluation, evaluate


def pair(query_id: str, passage_id: str, gain: float, *, relevant: bool | None = None) -> Pair:
    """A judged pair; relevant from a gain of 1 up unless said otherwise."""
    return Pair(
        query_id=query_id,
        query="q",
        passage_id=passage_id,
        title="",
        text="t",
        grade=gain,
        gain=gain,
        target=min(gain, 1.0),
        relevant=gain >= 1 if relevant is None else relevant,
    )


def ranked(names: Sequence[str]) -> dict[str, float]:
    """Scores that put the passages in this order."""
    return {name: -float(place) for place, name in enumerate(names)}


def value(evaluation: Evaluation, metric: str, system: str = "s") -> float:
    """The value of one row."""
    return next(r.value for r in evaluation.rows if (r.system, r.metric) == (system, metric))


def test_worked_example_graded() -> None:
    pairs = [pair("q", "a", 3), pair("q", "b", 0), pair("q", "c", 1), pair("q", "d", 2)]
    found = evaluate(pairs, {"s": {"q": ranked(["b", "a", "c", "d"])}})
    dcg = 3 / log2(3) + 1 / log2(4) + 2 / log2(5)
    ideal = 3 + 2 / log2(3) + 1 / log2(4)
    assert value(found, "nDCG@10") == pytest.approx(dcg / ideal, abs=1e-12)
    assert value(found, "MRR@10") == pytest.approx(1 / 2)
    assert value(found, "MAP") == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)
    assert value(found, "P@1") == 0
    assert value(found, "Recall@10") == 1
    assert value(found, "P@5") == pytest.approx(3 / 5)  # a list of four counts as five
    assert value(found, "Judged@10") == 1
    extra = {"s": {"q": ranked(["b", "new", "a", "c", "d"])}}
    assert value(evaluate(pairs, extra), "Judged@10") == pytest.approx(4 / 5)


def test_cut_at_ten() -> None:
    names = [f"p{number:02}" for number in range(12)]
    pairs = [pair("q", name, float(name in {"p09", "p10"})) for name in names]
    found = evaluate(pairs, {"s": {"q": ranked(names)}, "late": {"q": ranked(names[::-1])}})
    assert value(found, "MRR@10") == pytest.approx(1 / 10)
    assert value(found, "Recall@10") == pytest.approx(1 / 2)
    assert value(found, "nDCG@10") == pytest.approx((1 / log2(11)) / (1 + 1 / log2(3)))
    assert value(found, "MAP") == pytest.approx((1 / 10 + 2 / 11) / 2)
    shifted = {"s": {"q": ranked([*names[:9], "p11", "p09", "p10"])}}
    assert value(evaluate(pairs, shifted), "MRR@10") == 0


def test_soft_gains_that_share_a_denominator_are_exact() -> None:
    pairs = [pair("q", "a", 1 / 3), pair("q", "b", 2 / 3), pair("q", "c", 0.5), pair("q", "d", 0)]
    found = evaluate(pairs, {"s": {"q": ranked(["a", "d", "b", "c"])}})
    dcg = (1 / 3) + (2 / 3) / log2(4) + 0.5 / log2(5)
    ideal = (2 / 3) + 0.5 / log2(3) + (1 / 3) / log2(4)
    assert value(found, "nDCG@10") == pytest.approx(dcg / ideal, abs=1e-12)
    assert not [note for note in found.notes if "rounded" in note]


@pytest.mark.parametrize("size", [1e-12, 1e-3, 1.0, 1e6])
def test_arbitrary_gains_of_any_size_are_close_and_say_so(size: float) -> None:
    rng = np.random.default_rng(3)
    gains = rng.random((40, 15)) * size
    pairs = [pair(f"q{q}", f"p{p}", gains[q, p]) for q in range(40) for p in range(15)]
    order = [rng.permutation(15) for _ in range(40)]
    run = {f"q{q}": ranked([f"p{p}" for p in order[q]]) for q in range(40)}
    discount = 1 / np.log2(np.arange(2, 12))
    found = evaluate(pairs, {"s": run})
    for q in range(40):
        ideal = np.sort(gains[q])[::-1][:10] @ discount
        wanted = gains[q][order[q]][:10] @ discount / ideal
        assert found.per_query["s"][f"q{q}"]["nDCG@10"] == pytest.approx(wanted, abs=5e-4)
    assert any("rounded" in note for note in found.notes)


def test_gain_that_is_negative_or_no_number_is_refused() -> None:
    for gain in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"'q'.*'a'.*gain"):
            evaluate([pair("q", "a", gain), pair("q", "b", 1)], {})


def test_equals_trec_eval_on_random_runs_with_odd_ids() -> None:
    rng = np.random.default_rng(1)
    queries = ["q 1", "قانون", "q\t2", "naïve ☃", "", "7"]
    qrels = {
        q: {f"doc {q} {n} é": int(g) for n, g in enumerate(rng.integers(0, 4, size=25))}
        for q in queries
    }
    run = {q: {name: float(rng.normal()) for name in names} for q, names in qrels.items()}
    pairs = [pair(q, name, float(g)) for q, names in qrels.items() for name, g in names.items()]
    found = evaluate(pairs, {"s": run}).per_query["s"]
    direct = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut_10", "map", "P_1", "P_5", "recall_10", "recip_rank", "bpref"}
    ).evaluate(run)
    assert set(found) == set(queries)
    for q in queries:
        for ours, theirs in (
            ("nDCG@10", "ndcg_cut_10"),
            ("MAP", "map"),
            ("P@1", "P_1"),
            ("P@5", "P_5"),
            ("Recall@10", "recall_10"),
            ("bpref", "bpref"),
            ("MRR@10", "recip_rank"),
        ):
            assert found[q][ours] == pytest.approx(direct[q][theirs], abs=1e-12), (q, ours)


def test_means_are_over_all_queries_and_n_counts_them() -> None:
    pairs = [pair("q1", "a", 1), pair("q1", "b", 0), pair("q2", "a", 0), pair("q2", "b", 0)]
    found = evaluate(pairs, {"s": {q: ranked(["a", "b"]) for q in ("q1", "q2")}})
    for metric in ("nDCG@10", "MRR@10", "MAP", "P@1", "Recall@10", "bpref"):
        row = next(row for row in found.rows if row.metric == metric)
        assert (row.value, row.n) == (0.5, 2), metric
    assert (found.counts.queries, found.counts.queries_with_relevant) == (2, 1)
    assert (found.counts.pairs, found.counts.positives) == (4, 1)
