"""Slices of the test queries: which there are, their n, and an interval only from five queries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from models_app.breakdown import slices_of as shown
from models_app.cards import card_render
from tests.models_app.facts import facts_of
from tests.tiny_run import tiny_pairs
from training.ml.data import Pair
from training.ml.measures.evaluation import bm25_scores, evaluate
from training.ml.measures.slices import slices_of


def worded(pairs: Sequence[Pair], words: Sequence[int]) -> list[Pair]:
    """Queries with so many words, in their order."""
    ids = list(dict.fromkeys(pair.query_id for pair in pairs))
    texts = {name: " ".join(["word"] * n) for name, n in zip(ids, words, strict=True)}
    return [replace(pair, query=texts[pair.query_id]) for pair in pairs]


def sliced(pairs: Sequence[Pair]) -> dict[str, list[dict[str, Any]]]:
    found = evaluate(pairs, {"model": bm25_scores(pairs)})
    return {each["kind"]: each["slices"] for each in slices_of(pairs, found.per_query)}


def test_thirds_by_length_keep_equal_lengths_together() -> None:
    found = sliced(worded(tiny_pairs("test", 12), [1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9]))
    assert [(each["name"], each["queries"]) for each in found["query_length"]] == [
        ("1 to 2 words", 4),
        ("3 to 5 words", 4),
        ("6 to 9 words", 4),
    ]
    assert [each["positives"] for each in found["query_length"]] == [8, 8, 8]
    assert "query_length" not in sliced(worded(tiny_pairs("test", 6), [3] * 6))


def test_an_interval_needs_five_queries() -> None:
    found = sliced(worded(tiny_pairs("test", 14), [2] * 9 + [7] * 4 + [9]))
    first, second = found["query_length"]
    assert (first["queries"], second["queries"]) == (9, 5)
    fewer = sliced(worded(tiny_pairs("test", 13), [2] * 9 + [7] * 4))["query_length"]
    assert (fewer[1]["queries"], fewer[1]["figures"][0]["low"]) == (4, None)
    assert fewer[0]["figures"][0]["value"] == first["figures"][0]["value"]


def test_values_are_means_over_the_queries_of_the_slice() -> None:
    pairs = worded(tiny_pairs("test", 12), [1] * 6 + [5] * 6)
    per_query = evaluate(pairs, {"model": bm25_scores(pairs)}).per_query["model"]
    ids = list(dict.fromkeys(pair.query_id for pair in pairs))
    for each, own in zip(sliced(pairs)["query_length"], (ids[:6], ids[6:]), strict=True):
        mean = sum(per_query[query_id]["nDCG@10"] for query_id in own) / 6
        assert each["figures"][0]["value"] == pytest.approx(mean)


def test_who_judged_and_whether_they_agreed() -> None:
    pairs = [
        replace(
            pair,
            people=2 if int(pair.query_id.split("-")[1]) < 5 else 0,
            imported=int(int(pair.query_id.split("-")[1]) >= 3),
            agreed=None if int(pair.query_id.split("-")[1]) >= 5 else pair.relevant,
            query_metadata={"kind": "how" if pair.query_id < "test-3" else "what"},
        )
        for pair in tiny_pairs("test", 9)
    ]
    found = sliced(pairs)
    assert {each["name"]: each["queries"] for each in found["labels"]} == {
        "judged here": 3, "judged here and imported": 2, "imported": 4,
    }  # fmt: skip
    # All queries that people judged twice have a passage that they disagreed on: nothing to part.
    assert "agreement" not in found
    assert {each["name"]: each["queries"] for each in found["about:kind"]} == {"how": 3, "what": 6}


def test_a_table_says_its_n_and_metadata_is_for_members() -> None:
    pairs = [
        replace(pair, query_metadata={"customer": "north" if pair.query_id < "test-3" else "south"})
        for pair in tiny_pairs("test", 9)
    ]
    per_query = evaluate(pairs, {"model": bm25_scores(pairs)}).per_query
    facts = facts_of("agro", slices=slices_of(worded(pairs, [1] * 4 + [4] * 5), per_query))
    assert [table.kind for table in shown(facts, member=True)] == ["query_length", "about:customer"]
    assert [table.kind for table in shown(facts, member=False)] == ["query_length"]
    card = card_render(facts)
    assert "#### Slices" in card
    assert "1 word (too few queries for an interval) | 4 " in card
    assert "north" not in card
    assert "north" in card_render(facts | {"samples_allowed": True})
