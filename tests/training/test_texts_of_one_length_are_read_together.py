"""Padding is not computed: batches are read in parts of one length, or filled with one length."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from training.ml.models.split import PASS_TOKENS, SplitCrossEncoder, parts_of
from training.ml.recipe.batching import (
    MEGA,
    AgainstBatchSampler,
    LengthBatchSampler,
    MixedAgainstBatchSampler,
    lengths_of,
)

TEXTS = [("how to read a file", "open " * n) for n in (1, 40, 3, 55, 2, 30, 5, 1)]


def computed(lengths: np.ndarray, ends: list[int]) -> int:
    starts = [0, *ends[:-1]]
    return sum((end - start) * int(lengths[start]) for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_no_other_cut_computes_less(seed: int) -> None:
    lengths = -np.sort(-np.random.default_rng(seed).integers(3, 512, 7))
    found = parts_of(lengths)
    cuts = [list(cut) for n in range(7) for cut in combinations(range(1, 7), n)]
    costs = [computed(lengths, [*cut, 7]) + PASS_TOKENS * (len(cut) + 1) for cut in cuts]
    assert computed(lengths, found) + PASS_TOKENS * len(found) == min(costs)


@pytest.mark.parametrize("side", ["right", "left"])
def test_scores_and_gradients_are_those_of_the_padded_batch(tmp_path: Path, side: str) -> None:
    folder = tiny_cross_encoder(tmp_path / "base")
    found = []
    for kind in (CrossEncoder, SplitCrossEncoder):
        model = kind(str(folder), device="cpu", max_length=64)
        model.eval()  # dropout draws otherwise
        model.tokenizer.padding_side = side
        features = model.preprocess(TEXTS)
        assert bool(features["attention_mask"][:, 0].all()) == (side == "right")
        scores = model(features)["scores"]
        scores.square().sum().backward()
        gradients = [weights.grad for weights in model.parameters() if weights.grad is not None]
        found.append((scores, torch.cat([gradient.flatten() for gradient in gradients])))
    (padded, padded_gradient), (split, split_gradient) = found
    assert torch.allclose(padded, split, atol=1e-6)
    assert torch.allclose(padded_gradient, split_gradient, atol=1e-5)


def test_pairs_and_tokens_are_counted_in_training_only(tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "base")
    model = SplitCrossEncoder(str(folder), device="cpu", max_length=64)
    model.predict(TEXTS)
    assert model.read == (0, 0)
    model.train()
    features = model.preprocess(TEXTS)
    model(features)
    assert model.read == (len(TEXTS), int(features["attention_mask"].sum()))


def rows(n: int) -> Dataset:
    lengths = np.random.default_rng(0).integers(1, 400, n).tolist()
    return Dataset.from_dict(
        {
            "query": ["q"] * n,
            "docs": [["x" * length, "y"] for length in lengths],
            "labels": [[1.0, 0.0]] * n,
        }
    )


def sampler(dataset: Dataset, epoch: int = 0, seed: int = 1) -> list[list[int]]:
    made = LengthBatchSampler(dataset, batch_size=8, drop_last=False, seed=seed)
    made.set_epoch(epoch)
    return list(made)


def test_batches_hold_texts_of_about_one_length_and_each_row_once() -> None:
    dataset = rows(8 * MEGA * 2 + 3)
    lengths, batches = lengths_of(dataset), sampler(dataset)
    assert lengths.min() >= 3  # both texts of a list, and the query
    assert sorted(row for batch in batches for row in batch) == list(range(len(dataset)))
    assert len(batches) == len(LengthBatchSampler(dataset, batch_size=8, drop_last=False))
    computed_now = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert computed_now < 1.15 * lengths.sum()
    means = [float(lengths[batch].mean()) for batch in batches]
    assert means != sorted(means)
    assert means != sorted(means, reverse=True)


def test_epochs_differ_and_a_seed_gives_the_same_again() -> None:
    dataset = rows(8 * MEGA * 2)
    assert sampler(dataset) == sampler(dataset)
    assert sampler(dataset) != sampler(dataset, seed=2)
    together = [{frozenset(batch) for batch in sampler(dataset, epoch)} for epoch in (0, 1)]
    assert not together[0] & together[1]


def triplets(queries: int, answers: int) -> Dataset:
    """Every query has some answers, and as a negative the first answer of the next query."""
    rows = [
        (f"query {q}", f"answer {a} of {q}" + " long" * (q % 40), f"answer 0 of {(q + 1) % queries}"
         + " long" * ((q + 1) % queries % 40))
        for q in range(queries)
        for a in range(answers)
    ]  # fmt: skip
    names = ("anchor", "positive", "negative_1")
    return Dataset.from_dict(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.mark.parametrize("kind", [AgainstBatchSampler, MixedAgainstBatchSampler])
def test_what_answers_a_query_is_held_against_it_by_no_other_row(
    kind: type[AgainstBatchSampler],
) -> None:
    dataset = triplets(60, 3)
    made = kind(dataset, batch_size=8, drop_last=False, seed=1)
    orders = []
    for epoch in (0, 1):
        made.set_epoch(epoch)
        batches = list(made)
        assert len(batches) == len(made)
        orders.append(batches)
        for batch in batches:
            rows = dataset.select(batch)
            assert len(set(rows["anchor"])) == len(batch)
            for query in rows["anchor"]:
                own = query.removeprefix("query ")
                others = [row for row in rows if row["anchor"] != query]
                texts = {row[name] for row in others for name in ("positive", "negative_1")}
                assert not any(f" of {own}" == text[8:].split(" long")[0] for text in texts)
    assert sorted(row for batch in orders[0] for row in batch) == list(range(len(dataset)))
    assert orders[0] != orders[1]
    assert sum(len(batch) == 8 for batch in orders[0]) >= 20


def test_rows_that_answer_one_query_wait_for_each_other_and_end() -> None:
    made = AgainstBatchSampler(triplets(1, 2_500), batch_size=8, drop_last=False, seed=1)
    assert [len(batch) for batch in made] == [1] * 2_500


def test_triplets_are_grouped_by_length_where_that_is_asked_for() -> None:
    sizes = np.random.default_rng(0).integers(1, 400, 400).tolist()
    texts = [
        [f"{number} {name}" + "x" * size for number, size in enumerate(sizes)] for name in "apn"
    ]
    dataset = Dataset.from_dict(dict(zip(("anchor", "positive", "negative_1"), texts, strict=True)))
    lengths = lengths_of(dataset)

    def padded(kind: type[AgainstBatchSampler]) -> float:
        batches = list(kind(dataset, batch_size=8, drop_last=False, seed=1))
        return float(sum(len(batch) * lengths[batch].max() for batch in batches) / lengths.sum())

    assert padded(AgainstBatchSampler) < 1.15 < 1.5 < padded(MixedAgainstBatchSampler)
