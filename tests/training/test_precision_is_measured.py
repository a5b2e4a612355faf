"""How a machine computes is measured on it, remembered, and overruled by the recipe alone."""

import json
from pathlib import Path

import pytest

from tests.tiny import tiny_cross_encoder
from training.ml import precision
from training.ml.models.split import SplitCrossEncoder
from training.ml.precision import precision_choose

TEXTS = [("how to read a file", "open " * n) for n in range(1, 30)]


@pytest.fixture
def model(tmp_path: Path) -> SplitCrossEncoder:
    folder = tiny_cross_encoder(tmp_path / "base")
    found: SplitCrossEncoder = SplitCrossEncoder(str(folder), device="cpu", max_length=64)
    found.eval()
    return found


@pytest.mark.parametrize("asked", [True, False])
def test_the_recipe_overrules(model: SplitCrossEncoder, tmp_path: Path, asked: bool) -> None:
    found = precision_choose(model, TEXTS, asked=asked, cache=tmp_path / "cache")
    assert (found.bf16, found.bf16_seconds) == (asked, None)
    assert not (tmp_path / "cache").exists()


def test_the_faster_one_is_taken_and_remembered(
    model: SplitCrossEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = precision_choose(model, TEXTS, asked=None, cache=tmp_path)
    assert found.fp32_seconds
    assert found.bf16_seconds
    # What is reported is rounded; near the border either is right.
    ratio = found.fp32_seconds / found.bf16_seconds
    if abs(ratio - precision.WORTH) > 0.05:
        assert found.bf16 == (ratio >= precision.WORTH)
    assert all(weights.grad is None for weights in model.parameters())
    assert not model.training
    monkeypatch.setattr(precision, "_measured", None)  # it would fail if it were called
    assert precision_choose(model, TEXTS, asked=None, cache=tmp_path) == found


def test_another_length_is_measured_anew(model: SplitCrossEncoder, tmp_path: Path) -> None:
    for length in (64, 32):
        model.max_seq_length = length
        precision_choose(model, TEXTS, asked=None, cache=tmp_path)
    kept = json.loads((tmp_path / "precision.json").read_text())
    assert sorted(name.rpartition(", ")[2] for name in kept) == ["32 tokens", "64 tokens"]
