"""With CrossEntropyLoss a model has a logit for each grade, and is published with one score."""

from pathlib import Path

import torch
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from training.ml.models.classes import classes_fold, classes_open
from training.ml.models.split import SplitCrossEncoder

TEXTS = [("how to read a file", "open " * n) for n in (1, 20, 3, 9)]


def opened(folder: Path) -> SplitCrossEncoder:
    model: SplitCrossEncoder = SplitCrossEncoder(
        str(tiny_cross_encoder(folder)), device="cpu", max_length=64
    )
    torch.manual_seed(1)
    classes_open(model, [0, 0.5, 1])
    return model


def logits(model: CrossEncoder) -> torch.Tensor:
    found = model.predict(TEXTS, activation_fn=torch.nn.Identity(), convert_to_tensor=True)
    return found.flatten()


def test_training_sees_a_logit_for_each_grade_and_everybody_else_one_score(tmp_path: Path) -> None:
    model = opened(tmp_path / "base")
    model.train()
    features = model.preprocess(TEXTS)
    assert model(features)["scores"].shape == (4, 3)
    model.eval()
    one = model(features)["scores"]
    assert one.shape == (4, 1)
    model.class_weights = None
    three = model(features)["scores"]
    assert torch.allclose(one[:, 0], three[:, 2] - three[:, 0], atol=1e-6)


def test_what_is_published_scores_the_same_with_one_output(tmp_path: Path) -> None:
    model = opened(tmp_path / "base")
    before = logits(model)
    classes_fold(model)
    assert torch.allclose(logits(model), before, atol=1e-6)
    model.save(str(tmp_path / "model"), create_model_card=False)
    plain = CrossEncoder(str(tmp_path / "model"), device="cpu")
    assert plain.num_labels == 1
    assert torch.allclose(logits(plain), before, atol=1e-6)
    classes_fold(model)  # once more changes nothing
    assert torch.allclose(logits(model), before, atol=1e-6)
