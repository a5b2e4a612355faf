"""Scores come back in input order, through the templates, and equal plain predictions."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_pairs
from training.ml.scoring import pairs_score, texts_score, torch_forward
from training.ml.templates import Templates
from training.ml.tokenised import Features


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoder:
    folder: Path = tmp_path_factory.mktemp("tiny")
    model: CrossEncoder = CrossEncoder(str(tiny_cross_encoder(folder)), device="cpu")
    return model


def test_scores_come_in_input_order_whatever_the_lengths(model: CrossEncoder) -> None:
    texts = [("how to read a file", "open " * n) for n in (1, 9, 3, 20, 2, 5, 7)]
    alone = [float(model.predict([pair])[0]) for pair in texts]
    assert texts_score(model, texts, batch_size=2) == pytest.approx(alone, abs=1e-6)


def test_progress_counts_pairs_up_to_all_of_them(model: CrossEncoder) -> None:
    seen: list[tuple[int, int]] = []
    texts_score(model, [("a", "b")] * 40, batch_size=2, progress=lambda *step: seen.append(step))
    assert seen == [(40, 40)]
    seen.clear()
    long = [("a", f"open {number} " + "open " * 60) for number in range(40)]
    texts_score(model, long, batch_size=2, progress=lambda *step: seen.append(step))
    assert [total for _, total in seen] == [40] * len(seen)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert (len(seen) > 1, seen[-1]) == (True, (40, 40))


def test_copies_of_a_text_are_ties_to_the_last_bit(model: CrossEncoder) -> None:
    others = [("how to read a file", "open the file " * n) for n in range(1, 24)]
    copy = ("how to read a file", "open the file and read " * 4)
    texts = [row for other in others for row in (other, copy)]
    steps: list[tuple[int, int]] = []
    computed: list[int] = []
    ours = torch_forward(model)

    def counted(features: Features) -> NDArray[np.float32]:
        computed.append(len(features["input_ids"]))
        return ours(features)

    scores = texts_score(
        model, texts, batch_size=2, progress=lambda *step: steps.append(step), forward=counted
    )
    assert len(set(scores[1::2])) == 1
    assert sum(computed) == len(others) + 1
    assert scores[::2] == pytest.approx(texts_score(model, others, batch_size=2), abs=1e-6)
    assert steps[-1] == (len(texts), len(texts))


def test_nothing_to_score_is_no_error(model: CrossEncoder) -> None:
    assert texts_score(model, [], batch_size=2) == []


def test_judged_pairs_are_scored_through_the_templates(model: CrossEncoder) -> None:
    pairs = tiny_pairs("dev", 2)
    templates = Templates(query="Query: {query}", passage="{title} | {text}")
    scores = pairs_score(model, pairs, templates, batch_size=4)
    assert {name: len(run) for name, run in scores.items()} == {"dev-0": 6, "dev-1": 6}
    for pair in pairs:
        passage = f"{pair.title} | {pair.text}" if pair.title else pair.text
        alone = float(model.predict([(f"Query: {pair.query}", passage)])[0])
        assert scores[pair.query_id][pair.passage_id] == pytest.approx(alone, abs=1e-6)
