"""A target that a snapshot froze between two grades is what binary cross-entropy compares with."""

import json
from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_spec
from training.ml.data import SPLITS, snapshot_read
from training.ml.recipe.learning import NOTHING, lesson_make, loss_of
from training.ml.recipe.losses import loss_build
from training.spec.presets import PRESETS

SOFT = 0.666667


def test_it_goes_from_the_file_to_the_loss(tmp_path: Path) -> None:
    line = {"query_id": "q", "query": "how to read", "passage_id": "p", "title": "", "text": "open",
            "grade": 1.0, "gain": 1.0, "target": SOFT, "relevant": True, "rank": None,
            "score": None, "people": 3, "imported": 0, "adjudicated": False}  # fmt: skip
    for split in SPLITS:
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    spec = tiny_spec(next(iter(PRESETS)), loss="BinaryCrossEntropyLoss")
    snapshot = snapshot_read(tmp_path)
    chosen = loss_of(snapshot, spec, NOTHING)
    data = lesson_make(snapshot, spec, NOTHING).shaped.dataset
    assert data["label"][:] == [SOFT]
    model = CrossEncoder(str(tiny_cross_encoder(tmp_path / "base")))
    model.eval()
    texts = [data["sentence_0"][:], data["sentence_1"][:]]
    with torch.no_grad():
        loss = loss_build(model, chosen.name, spec)(texts, torch.tensor(data["label"][:]))
    pairs = list(zip(*texts, strict=True))
    logit = model.predict(pairs, activation_fn=torch.nn.Identity(), convert_to_tensor=True)
    p = torch.sigmoid(logit)
    expected = -(SOFT * torch.log(p) + (1 - SOFT) * torch.log(1 - p))
    assert float(loss) == pytest.approx(float(expected), abs=1e-5)
