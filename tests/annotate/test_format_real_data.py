"""The real data read as their README counts them."""

from tests.annotate.format_files import pairs
from tests.shared import SHARED, needs_shared


@needs_shared
def test_agro_triplets() -> None:
    found = pairs(SHARED / "data/agro/triplets.jsonl", grades=(0, 1))
    assert len(found) == 532
    assert sum(row.label == 1 for row in found) == 107
    # Invariant 1: known by text, six exact repeats, no pair with two labels.
    assert len({(row.query, row.passage) for row in found}) == 526
    assert len({(row.query, row.passage, row.label) for row in found}) == 526
    assert all(row.passage_id is None and row.metadata["doc_id"] for row in found)


@needs_shared
def test_legal_pairs() -> None:
    found = pairs(SHARED / "data/legal/pairs.jsonl", grades=(0, 1))
    assert len(found) == 19_451
    assert sum(row.label == 1 for row in found) == 954
    assert len({row.query_id for row in found}) == 941
    assert len({row.passage_id for row in found}) == 802
    assert len({row.passage for row in found}) == 690
    assert (found[0].rank, found[0].score) == (2, 81.12072608360018)
    assert found[0].metadata == {"category": "exact_match"}


@needs_shared
def test_cosqa_pairs() -> None:
    found = pairs(SHARED / "data/cosqa/pairs.jsonl", grades=(0, 1))
    assert len(found) == 604
    assert sum(row.label == 1 for row in found) == 313
