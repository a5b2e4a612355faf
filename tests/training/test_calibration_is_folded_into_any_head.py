"""Scale and shift go into the output layer of every architecture, and into no other."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoConfig, AutoModelForSequenceClassification

from tests.tiny import tiny_cross_encoder
from training.ml.models.folding import scale_fold
from training.ml.models.split import SplitCrossEncoder, parts_of

TEXTS = [("how to read a file", "open and read"), ("date", "close the list of times"), ("a", "b")]
SMALL: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "max_position_embeddings": 80, "num_labels": 1, "pad_token_id": 0,
}  # fmt: skip
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": {},
    "roberta": {},
    "xlm-roberta": {},
    "modernbert": {"global_attn_every_n_layers": 2, "local_attention": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "electra": {"embedding_size": 32},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "mpnet": {},
}


def small(folder: Path, kind: str) -> CrossEncoder:
    """A tiny cross-encoder of one architecture, untrained, as clients load it."""
    tiny_cross_encoder(folder)
    size = int(AutoConfig.from_pretrained(folder).vocab_size)
    for name in ("model.safetensors", "config.json"):
        (folder / name).unlink()
    config = AutoConfig.for_model(kind, **(SMALL | ARCHITECTURES[kind] | {"vocab_size": size}))
    torch.manual_seed(1)
    made: Any = AutoModelForSequenceClassification
    made.from_config(config).save_pretrained(folder)
    model: CrossEncoder = CrossEncoder(str(folder), device="cpu", max_length=60)
    return model


def logits(model: CrossEncoder) -> np.ndarray:
    found: np.ndarray = model.predict(TEXTS, activation_fn=torch.nn.Identity())
    return found


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_every_score_follows_and_is_saved(kind: str, tmp_path: Path) -> None:
    model = small(tmp_path / "base", kind)
    before = logits(model)
    assert scale_fold(model, 2.5, -0.75, TEXTS[:2]) is None
    assert logits(model) == pytest.approx(2.5 * before - 0.75, abs=1e-4)
    model.save(str(tmp_path / "model"), create_model_card=False)
    again = CrossEncoder(str(tmp_path / "model"), device="cpu", max_length=60)
    assert logits(again) == pytest.approx(2.5 * before - 0.75, abs=1e-4)


def headed(folder: Path, activation: torch.nn.Module, *, bias: bool = True) -> CrossEncoder:
    """A cross-encoder whose score comes from a head of sentence-transformers' own."""
    transformer = Transformer(
        str(tiny_cross_encoder(folder)), transformer_task="feature-extraction"
    )
    size = transformer.get_embedding_dimension()
    head = Dense(
        size, 1, bias=bias, activation_function=activation,
        module_input_name="sentence_embedding", module_output_name="scores",
    )  # fmt: skip
    model: CrossEncoder = CrossEncoder(modules=[transformer, Pooling(size), head], device="cpu")
    return model


def test_texts_that_are_read_in_parts_are_probed_whole(tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "base", max_length=400)
    model = SplitCrossEncoder(str(folder), device="cpu", max_length=400)
    long = " ".join(["open"] * 390)
    texts = [("how to read a file", long), ("a", "b"), ("date", long), ("list", "sort")]
    lengths = model.preprocess(texts)["attention_mask"].sum(dim=1).numpy()
    assert len(parts_of(-np.sort(-lengths))) > 1
    before = logits(model)
    assert scale_fold(model, 2.5, -0.75, texts) is None
    assert logits(model) == pytest.approx(2.5 * before - 0.75, abs=1e-4)


def test_a_head_of_the_librarys_own_is_found(tmp_path: Path) -> None:
    model = headed(tmp_path, torch.nn.Identity())
    before = logits(model)
    assert scale_fold(model, 0.5, 1.0, TEXTS) is None
    assert logits(model) == pytest.approx(0.5 * before + 1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("activation", "bias", "why"),
    [(torch.nn.Tanh(), True, "is not the model's score"), (torch.nn.Identity(), False, "no bias")],
)
def test_a_head_that_cannot_take_it_stays_as_it_is(
    activation: torch.nn.Module, bias: bool, why: str, tmp_path: Path
) -> None:
    model = headed(tmp_path, activation, bias=bias)
    before = logits(model)
    assert why in (scale_fold(model, 3.0, 1.0, TEXTS) or "")
    assert logits(model) == pytest.approx(before)
