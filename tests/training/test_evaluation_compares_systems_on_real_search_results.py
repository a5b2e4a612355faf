"""First stage against BM25 on the court-case searches, where their labels are at hand."""

import json
import os
from pathlib import Path

import pytest

from training.ml.data import Pair
from training.ml.measures.evaluation import bm25_scores, evaluate, first_stage_scores
from training.ml.measures.references import BEST_ORDER, reference_rows

SHARED = Path(os.environ.get("ARBITER_SHARED") or Path(__file__).resolve().parents[3] / "shared")
LEGAL = SHARED / "data" / "legal" / "pairs.jsonl"


def legal_pairs() -> list[Pair]:
    """The judged pairs of the court-case searches."""
    with LEGAL.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Pair(
            query_id=row["query_id"],
            query=row["query"],
            passage_id=row["candidate_id"],
            title="",
            text=row["candidate"],
            grade=float(row["label"]),
            gain=float(row["label"]),
            target=float(row["label"]),
            relevant=row["label"] == 1,
            rank=row["rank"],
            score=row["score"],
        )
        for row in rows
    ]


@pytest.mark.skipif(not LEGAL.exists(), reason="the court-case data is not beside the checkout")
def test_first_stage_against_bm25() -> None:
    pairs = legal_pairs()
    first = first_stage_scores(pairs)
    assert first is not None
    systems = {"first_stage": first, "bm25": bm25_scores(pairs)}
    found = evaluate(pairs, systems)
    counts = found.counts
    assert (counts.queries, counts.pairs, counts.positives) == (941, 19_451, 954)
    rows = (*found.rows, *reference_rows(pairs))
    value = {(row.system, row.metric): row for row in rows}
    ceiling = value[BEST_ORDER, "MRR@10"].value
    assert ceiling == pytest.approx(counts.queries_with_relevant / 941)
    for system in ("first_stage", "bm25"):
        row = value[system, "nDCG@10"]
        assert row.low is not None
        assert row.high is not None
        assert 0.4 < row.low < row.value < row.high < ceiling
        assert row.high - row.low < 0.08
    # P@1 straight from the file. Ranks repeat in it; where rank 1 does not, nothing is left open.
    tops: dict[str, list[bool]] = {}
    for pair in pairs:
        if pair.rank == 1:
            tops.setdefault(pair.query_id, []).append(pair.relevant)
    assert len(tops) == 941
    for query_id, top in tops.items():
        assert found.per_query["first_stage"][query_id]["P@1"] in {float(label) for label in top}
    assert sum(len(top) == 1 for top in tops.values()) > 900
    assert {(row.system, row.against) for row in found.differences} == {("bm25", "first_stage")}
    assert found.notes == ()
