"""The silver stage trains on a teacher's order, says how far that came, and is made once."""

import json
from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from torch import nn

from tests.tiny_run import tiny_base
from tests.training.silver import TinySilver, silver_spec, tiny_corpus
from training.ml.errors import DataError
from training.ml.silver.run import SilverOutcome

Twice = list[tuple[CrossEncoder, SilverOutcome]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinySilver:
    return TinySilver(tmp_path_factory.mktemp("silver"))


@pytest.fixture(scope="module")
def twice(tiny: TinySilver) -> Twice:
    """The stage run twice with the same key."""
    return [tiny.train(), tiny.train()]


def test_facts_say_what_was_trained_on_by_whom_and_how_far_it_came(
    tiny: TinySilver, twice: Twice
) -> None:
    facts = twice[0][1].to_dict()
    assert facts["corpus"] == {"passages": 40, "used": 40, "digest": facts["corpus"]["digest"]}
    assert facts["queries"]["made"] == sum(facts["queries"]["kinds"].values())
    assert facts["teacher"]["kind"] == "embedder"
    assert facts["teacher"]["weights_sha256"] == tiny.teacher.info.weights_sha256
    assert (facts["pairs"], facts["steps"]) == (128, 4)
    held = facts["held_out"]
    assert held["queries"] == facts["queries"]["held_out"] > 5
    measured = {(row["system"], row["metric"]) for row in held["rows"]}
    assert {(name, "MRR@10") for name in ("teacher", "before", "after")} <= measured
    assert all(row["n"] == held["queries"] for row in held["rows"])
    assert {(row["system"], row["against"]) for row in held["differences"]} >= {
        ("after", "teacher")
    }
    json.dumps(facts)


def test_the_second_time_it_comes_from_the_cache_with_the_same_weights(
    tiny: TinySilver, twice: Twice
) -> None:
    (first, made), (second, kept) = twice
    assert (made.cached, kept.cached) == (False, True)
    assert made.facts["key"] == kept.facts["key"]
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    untouched = tiny.model().state_dict()
    assert any(
        not torch.equal(value, untouched[name]) for name, value in first.state_dict().items()
    )
    assert any("from the cache" in line for line in tiny.reporter.lines)
    assert [path.name for path in tiny.cache.iterdir()] == [made.facts["key"]]


def test_progress_reaches_its_total(tiny: TinySilver, twice: Twice) -> None:
    done = [(n, total) for _, n, total in tiny.reporter.done]
    assert done[0][0] == 0
    assert done[-1][0] == done[-1][1]
    assert done == sorted(done)


def test_loss_and_speed_are_told_apart_from_those_of_a_training(
    tiny: TinySilver, twice: Twice
) -> None:
    told = tiny.reporter.metrics
    assert told[-1][0] == twice[0][1].facts["steps"]
    for _, _, values in told:
        assert values.keys() == {
            "silver_loss", "silver_pairs_per_second", "silver_tokens_per_second",
        }  # fmt: skip
        assert values["silver_tokens_per_second"] > 4 * values["silver_pairs_per_second"] > 0


def test_the_model_is_left_as_it_was_but_for_its_weights(tiny: TinySilver, twice: Twice) -> None:
    model, fresh = twice[0][0], tiny.model()
    assert model.max_seq_length == fresh.max_seq_length == 64
    assert all(weight.requires_grad for weight in model.parameters())
    rates = [part.p for part in model.modules() if isinstance(part, nn.Dropout)]
    assert rates == [part.p for part in fresh.modules() if isinstance(part, nn.Dropout)]
    assert max(rates) > 0
    assert model.model_card_data.training_logs == []
    assert model.model_card_data.train_datasets == []
    assert torch.equal(words_of(model), words_of(fresh)), "word vectors stand still"


def words_of(model: CrossEncoder) -> torch.Tensor:
    assert model.transformers_model is not None
    weight = model.transformers_model.get_input_embeddings().weight
    assert isinstance(weight, torch.Tensor)
    return weight


def test_another_corpus_setting_or_label_is_another_key(tiny: TinySilver, twice: Twice) -> None:
    small = {"silver_pairs": 64}
    keys = {
        twice[0][1].facts["key"],
        tiny.train(silver_spec(**small))[1].facts["key"],
        tiny.train(silver_spec(**small), corpus=tiny_corpus(30))[1].facts["key"],
        tiny.train(silver_spec(**small), labelled={"how to read a file"})[1].facts["key"],
    }
    assert len(keys) == 4


def test_a_reranker_can_teach_too(tiny: TinySilver, tmp_path: Path) -> None:
    teacher = tiny_base(tmp_path / "teacher")
    _, outcome = tiny.train(silver_spec(silver_pairs=64), teacher=teacher)
    assert outcome.facts["teacher"]["kind"] == "reranker"


def test_a_corpus_without_queries_is_refused_with_advice(tiny: TinySilver) -> None:
    with pytest.raises(DataError, match="set silver to off"):
        tiny.train(corpus=tiny_corpus(3))
