"""The packaged bi-encoder loads offline and pools what the sample's authors judged."""

import sys

import numpy as np
import pytest

from training.ml.models.encoder import BiEncoder, packaged_folder
from training.ml.models.names import BI_ENCODER
from training.sample import (
    POOL_DEPTH,
    POOL_MAX_LENGTH,
    POOL_PYTHON,
    judgments_resolve,
    passage_text,
    sample_passages,
    sample_queries,
)
from training.sample.pooling import dense_top

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def encoder() -> BiEncoder:
    return BiEncoder(max_length=POOL_MAX_LENGTH)


def test_vectors_have_length_one_and_keep_the_order(encoder: BiEncoder) -> None:
    texts = ["a", "how to sort a list of numbers in Python " * 5, "order a list", "the weather"]
    vectors = encoder.encode(texts, batch_size=2)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert vectors[2] == pytest.approx(encoder.encode([texts[2]])[0], abs=1e-5)
    assert vectors[1] @ vectors[2] > vectors[1] @ vectors[3]


def test_a_text_is_read_up_to_the_limit(encoder: BiEncoder) -> None:
    assert encoder.max_length == POOL_MAX_LENGTH
    head = "word " * POOL_MAX_LENGTH
    same = encoder.encode([head, head + "and something else altogether"])
    assert same[0] == pytest.approx(same[1], abs=1e-5)


def test_no_texts_give_no_vectors(encoder: BiEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_local_folder_works_and_a_missing_one_says_so() -> None:
    assert BiEncoder(packaged_folder(), max_length=9_999).max_length <= 512
    with pytest.raises(OSError, match="nowhere-at-all"):
        BiEncoder("./nowhere-at-all")


def test_everything_the_bi_encoder_pools_here_is_judged(encoder: BiEncoder) -> None:
    """Every eighth query against its judged passages and every twentieth of all others.

    A passage that belongs to the top of the whole corpus is at the top of any part of it, so what
    is missing here is missing there.
    """
    queries = sample_queries()[::8]
    ids = {query.id for query in queries}
    judgments = [it for it in judgments_resolve().judgments if it.query_id in ids]
    judged = {(it.query_id, it.passage): it for it in judgments}
    wanted = {it.passage for it in judgments}
    passages = [
        it for place, it in enumerate(sample_passages()) if place % 20 == 0 or it.name in wanted
    ]
    found = dense_top(
        encoder.encode([query.text for query in queries]),
        encoder.encode([passage_text(it) for it in passages]),
        POOL_DEPTH,
    )
    pooled = {
        (query.id, passages[row].name): score
        for query, top in zip(queries, found, strict=True)
        for row, score in top
    }
    missing = pooled.keys() - judged.keys()
    assert len(missing) <= len(pooled) / 100  # docstrings change a little with every release
    if sys.version_info[:3] == POOL_PYTHON:
        assert not missing
        stored = {pair: {run.name: run for run in judged[pair].runs} for pair in pooled}
        for pair, score in pooled.items():
            assert stored[pair][BI_ENCODER].score == pytest.approx(score, abs=1e-3)
