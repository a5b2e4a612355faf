"""Vectors in shards on disk give the exact best, within float16, whatever the shards."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.ml.search.corpus import Corpus, corpus_write
from training.ml.search.topk import TopK
from training.ml.search.vectors import Shards, vectors_top, vectors_write


def corpus(folder: Path, size: int) -> Corpus:
    return corpus_write(folder, ((number, str(number)) for number in range(size)))


def shards(folder: Path, vectors: NDArray[np.float32], shard: int) -> Shards:
    texts = corpus(folder.with_suffix(".texts"), len(vectors))

    def encode(some: Sequence[str]) -> NDArray[np.float32]:
        return vectors[[int(text) for text in some]]

    return vectors_write(folder, texts, encode, shard=shard)


def unit(size: int, seed: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=(size, 16)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def test_the_best_are_those_of_the_whole_product(tmp_path: Path) -> None:
    queries, passages = unit(37, 1), unit(211, 2)
    half = [each.astype(np.float16).astype(np.float32) for each in (queries, passages)]
    product = half[0] @ half[1].T
    wanted = np.argsort(-product, axis=1, kind="stable")[:, :9]
    for shard in (10, 64, 1000):
        found = vectors_top(
            shards(tmp_path / f"q{shard}", queries, shard),
            shards(tmp_path / f"p{shard}", passages, shard),
            9,
        )
        assert np.array_equal(found.rows, wanted)
        assert found.scores == pytest.approx(np.take_along_axis(product, wanted, 1), abs=1e-6)


def test_ties_go_to_the_lower_row_and_few_passages_leave_places_empty(tmp_path: Path) -> None:
    same = np.repeat(unit(1, 3), 25, axis=0)
    asked = shards(tmp_path / "q", same[:2], 8)
    found = vectors_top(asked, shards(tmp_path / "p", same, 4), 6)
    assert found.rows.tolist() == [list(range(6))] * 2
    few = vectors_top(asked, shards(tmp_path / "few", same[:3], 4), 6)
    assert few.rows.tolist() == [[0, 1, 2, -1, -1, -1]] * 2


def test_what_is_on_disk_is_not_encoded_again(tmp_path: Path) -> None:
    texts, seen = corpus(tmp_path / "texts", 10), list[int]()

    def encode(some: Sequence[str]) -> NDArray[np.float32]:
        seen.append(len(some))
        return unit(len(some), 1)

    made = vectors_write(tmp_path / "v", texts, encode, shard=4)
    assert (seen, len(made)) == ([4, 4, 2], 3)
    made.path(1).unlink()
    vectors_write(tmp_path / "v", texts, encode, shard=4)
    assert seen[3:] == [4]


def test_the_state_survives_a_file(tmp_path: Path) -> None:
    best = TopK(2, 3)
    at, rows = np.array([0, 0, 1]), np.array([5, 4, 9])
    best.merge(0, 2, at, rows, np.array([1, 1, 2], dtype=np.float32))
    best.save(tmp_path / "best.npz")
    again = TopK.load(tmp_path / "best.npz")
    assert again.rows.tolist() == [[4, 5, -1], [9, -1, -1]]
    assert np.array_equal(again.scores, best.scores)
    with pytest.raises(ValueError, match="at least 1"):
        TopK(1, 0)
