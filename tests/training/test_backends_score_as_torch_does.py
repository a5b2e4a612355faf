"""Every backend gives torch's scores, within what its precision allows, in any batch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.stats import spearmanr
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_pairs, tiny_run
from training.ml.backends.host import kept_for
from training.ml.backends.known import BACKENDS
from training.ml.backends.trying import conversion_load
from training.ml.scoring import logits, texts_score
from training.ml.tokenised import Tokenised
from training.spec import score

# How far a score may be from torch's, and how well all have to rank: the tiny model's scores lie
# within 0.002 of each other.
BOUNDS = {
    "torch-bf16": (0.001, 0.8),
    "openvino": (1e-6, 0.9999),
    "openvino-bf16": (0.001, 0.8),
    "openvino-int8": (0.002, 0.7),
    "openvino-int8-bf16": (0.002, 0.7),
    "onnx": (1e-6, 0.9999),
    "onnx-int8": (0.002, 0.7),
}


@pytest.fixture(scope="module")
def model() -> CrossEncoder:
    """A model that has learned something: an untrained one has no ranking to keep."""
    folder = tiny_run("quick").outcome.folder
    found: CrossEncoder = CrossEncoder(str(folder), device="cpu", max_length=64)
    return found


def texts_of_all_lengths() -> list[tuple[str, str]]:
    pairs = tiny_pairs("dev", 12)
    return [
        (pair.query, f"{pair.title} {pair.text} " * (1 + n % 9)) for n, pair in enumerate(pairs)
    ]


def test_the_spec_names_every_backend() -> None:
    assert {score.AUTO, *BACKENDS} == set(score.BACKENDS)
    assert BOUNDS.keys() == BACKENDS.keys() - {score.TORCH}


@pytest.mark.parametrize("name", BOUNDS)
def test_scores_are_those_of_torch(model: CrossEncoder, tmp_path: Path, name: str) -> None:
    backend = BACKENDS[name]
    if missing := backend.missing(model):
        pytest.skip(missing)
    texts = texts_of_all_lengths()
    exact = logits(model, texts, batch_size=4)
    kept = kept_for(tmp_path, model, weights="w")
    forward = conversion_load(backend, model, texts, kept)
    found = logits(model, texts, batch_size=4, forward=forward)
    moved, ranked = BOUNDS[name]
    assert np.abs(expit(found) - expit(exact)).max() <= moved
    assert spearmanr(found, exact).statistic >= ranked
    # Shapes are dynamic: alone, as two, and as long as the model takes.
    long = [("how to read a file", "open " * 100)]
    for some in (texts[:1], texts[:2], long):
        alone = logits(model, some, batch_size=4, forward=forward)
        assert np.abs(expit(alone) - expit(logits(model, some, batch_size=4))).max() <= moved
    # A second process loads what is kept, and a pickle is in none of it.
    again = conversion_load(backend, model, (), kept)
    assert logits(model, texts, batch_size=4, forward=again) == pytest.approx(found, abs=1e-6)
    names = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert names <= {".json", ".xml", ".bin", ".onnx", ".data"}


def test_torch_itself_scores_as_the_library_does(tmp_path: Path) -> None:
    model = CrossEncoder(str(tiny_cross_encoder(tmp_path)), device="cpu", max_length=64)
    texts = [*texts_of_all_lengths(), ("a", ""), ("", "b"), ("read " * 90, "file " * 90)]
    as_is = model.predict(texts, activation_fn=torch.nn.Identity(), show_progress_bar=False)
    assert logits(model, texts, batch_size=8) == pytest.approx(as_is, abs=1e-5)
    usual = model.predict(texts, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False)
    assert texts_score(model, texts, batch_size=8) == pytest.approx(usual, abs=1e-5)


def test_a_model_with_a_prompt_is_left_to_the_library(tmp_path: Path) -> None:
    model = CrossEncoder(str(tiny_cross_encoder(tmp_path)), device="cpu", max_length=64)
    model.prompts, model.default_prompt_name = {"query": "find "}, "query"
    texts = texts_of_all_lengths()
    usual = model.predict(texts, activation_fn=torch.nn.Identity(), show_progress_bar=False)
    assert logits(model, texts, batch_size=8) == pytest.approx(usual, abs=1e-5)


def test_batches_hold_equally_many_tokens_and_little_padding(model: CrossEncoder) -> None:
    texts = texts_of_all_lengths() * 4
    part = Tokenised(model, texts)
    sizes, computed, seen = [], 0, []
    for rows, features in part.batches(2):
        assert features["input_ids"].size <= 2 * 128
        sizes.append(len(rows))
        computed += features["input_ids"].size
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(texts)))
    assert sizes[0] < sizes[-1]
    assert computed <= 1.05 * part.tokens


def test_openvino_reports_nothing_to_its_makers() -> None:
    pytest.importorskip("openvino", reason="openvino is not installed")
    code = (
        "import sys; from training.ml.backends.vino import openvino_import; openvino_import();"
        "import nncf; print(sorted(n for n in sys.modules if n.startswith('openvino_telemetry')),"
        "sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "['openvino_telemetry'] None"
