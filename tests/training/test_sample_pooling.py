"""A pool is the union of both runs' best passages, each once, in a stable order."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.ml.models.names import BI_ENCODER, BM25
from training.sample.pooling import PooledCandidate, candidates_pool, dense_top

TEXTS = ["red apple", "green apple", "yellow banana", "blue sky"]


def unit(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    vectors = np.array(rows, dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


PASSAGES = unit((1, 0), (1, 1), (0, 1), (-1, 0))


def pool(query: str, vector: tuple[float, float], depth: int) -> list[PooledCandidate]:
    return candidates_pool(
        [query],
        TEXTS,
        query_vectors=unit(vector),
        passage_vectors=PASSAGES,
        depth=depth,
    )[0]


def test_the_pool_is_the_union_with_each_runs_rank_and_score() -> None:
    found = {it.row: it for it in pool("apple", (0, 1), depth=2)}
    assert set(found) == {0, 1, 2}
    assert (found[2].rank(BM25), found[2].rank(BI_ENCODER)) == (None, 1)
    assert (found[1].rank(BM25), found[1].rank(BI_ENCODER)) == (2, 2)
    assert (found[0].rank(BM25), found[0].rank(BI_ENCODER)) == (1, None)
    assert found[2].proposals[0].score == pytest.approx(1.0)
    assert found[0].proposals[0].score > 0


def test_the_better_rank_comes_first_then_both_runs_then_the_row() -> None:
    assert [it.row for it in pool("apple", (1, 0), depth=2)] == [0, 1]
    assert [it.row for it in pool("sky", (1, 0), depth=2)] == [0, 3, 1]


def test_bm25_proposes_nothing_without_a_shared_term() -> None:
    found = pool("zebra", (0, 1), depth=2)
    assert {it.rank(BM25) for it in found} == {None}
    assert len(found) == 2


def test_a_depth_beyond_the_corpus_takes_it_whole() -> None:
    assert {it.row for it in pool("apple", (1, 0), depth=99)} == {0, 1, 2, 3}


def test_blocks_of_any_size_give_the_same_answer() -> None:
    random = np.random.default_rng(7)
    queries = unit(*random.normal(size=(23, 8)))
    passages = unit(*random.normal(size=(101, 8)))
    whole = dense_top(queries, passages, 10)
    assert whole == [
        [(int(row), float(line[row])) for row in np.argsort(-line, kind="stable")[:10]]
        for line in queries @ passages.T
    ]
    for floats in (1, 101, 500):
        blocked = dense_top(queries, passages, 10, block_floats=floats)
        assert [[row for row, _ in line] for line in blocked] == [
            [row for row, _ in line] for line in whole
        ]


def test_ties_are_broken_by_row_also_at_the_cut() -> None:
    passages = unit((0, 1), (1, 0), (1, 0), (1, 0), (0, -1))
    assert [row for row, _ in dense_top(unit((1, 0)), passages, 2)[0]] == [1, 2]
    assert [row for row, _ in dense_top(unit((1, 0)), passages, 4)[0]] == [1, 2, 3, 0]


def test_no_queries_give_no_pools() -> None:
    assert dense_top(np.zeros((0, 2), dtype=np.float32), PASSAGES, 3) == []


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one vector per query"):
        candidates_pool(["q"], TEXTS, query_vectors=PASSAGES, passage_vectors=PASSAGES, depth=1)
    with pytest.raises(ValueError, match="different dimensions"):
        dense_top(unit((1, 0, 0)), PASSAGES, 1)
    with pytest.raises(ValueError, match="at least 1"):
        dense_top(PASSAGES, PASSAGES, 0)
