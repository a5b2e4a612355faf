"""What a run publishes gives calibrated scores in any client, in the order that it had before."""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from models_app.cards import card_render
from tests.tiny_run import (
    RecordingReporter,
    TinyRun,
    tiny_base,
    tiny_pairs,
    tiny_snapshot,
    tiny_spec,
)
from training.ml.data import Snapshot
from training.ml.measures.calibration import logits_of
from training.ml.models.save import METADATA
from training.ml.recipe.asked import Place
from training.ml.recipe.run import recipe_run


@cache
def trained() -> TinyRun:
    """A run that is long enough for its scores to differ."""
    root = Path(tempfile.mkdtemp(prefix="arbiter-tiny-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return run_with(root, tiny_snapshot())


def run_with(root: Path, snapshot: Snapshot) -> TinyRun:
    reporter, spec = RecordingReporter(), tiny_spec("agro", num_train_epochs=3)
    outcome = recipe_run(
        snapshot=snapshot,
        spec=spec,
        base=tiny_base(root / "base"),
        folder=root / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    return TinyRun(outcome, reporter, snapshot, spec)


def predicted(model: CrossEncoder, split: str) -> NDArray[np.float64]:
    run = trained()
    texts = [
        run.spec.templates.pair(query=p.query, title=p.title, text=p.text)
        for p in run.snapshot.splits[split]
    ]
    found: NDArray[np.float32] = model.predict(texts, show_progress_bar=False)
    return found.astype(np.float64)


def test_predict_gives_the_scores_that_were_evaluated() -> None:
    run = trained()
    facts = run.outcome.facts["calibration"]
    assert facts["applied"], facts["reason"]
    assert facts["scale"] != 1
    model: CrossEncoder = CrossEncoder(str(run.outcome.folder), device="cpu")
    scores = predicted(model, "test")
    bins = next(s for s in facts["splits"] if s["split"] == "test")["after"]["bins"]
    found = np.bincount(np.minimum((scores * 10).astype(int), 9), minlength=10)
    assert [each["n"] for each in bins] == found.tolist()
    for each in run.outcome.rankings["model"]["test-3"]:
        place = [p.passage_id for p in run.snapshot.splits["test"]].index(each[0])
        assert scores[place] == pytest.approx(each[1], abs=1e-5)


def test_the_metadata_tells_how_to_undo_it() -> None:
    run = trained()
    facts = run.outcome.facts["calibration"]
    said = json.loads((run.outcome.folder / METADATA).read_text())["calibration"]
    assert said == {name: facts[name] for name in ("applied", "scale", "shift")}


def test_thresholds_and_the_stock_figures_are_on_the_calibrated_scale() -> None:
    run = trained()
    model: CrossEncoder = CrossEncoder(str(run.outcome.folder), device="cpu")
    scores = predicted(model, "dev")
    stock = dict(run.outcome.facts["evaluation"]["validation"]["metrics"])
    relevant = np.array([p.relevant for p in run.snapshot.splits["dev"]])
    called = scores >= stock["f1_threshold"]
    hits = (called & relevant).sum()
    assert stock["f1"] == pytest.approx(2 * hits / (called.sum() + relevant.sum()))
    rows = {
        row.metric: row.value
        for row in run.outcome.evaluations["test"].rows
        if row.system == "model"
    }
    assert rows["f1_dev_threshold"] == pytest.approx(stock["f1_threshold"], abs=1e-6)
    log = run.outcome.log
    assert len({line["Step"] for line in log}) == len(log)  # restating opened no line


def test_a_dev_split_that_is_too_small_leaves_scores_alone(tmp_path: Path) -> None:
    run = trained()
    outcome = run_with(tmp_path, tiny_snapshot(dev=tiny_pairs("dev", 2))).outcome
    facts = outcome.facts["calibration"]
    assert (facts["applied"], facts["scale"], facts["shift"]) == (False, 1.0, 0.0)
    assert facts["reason"] == "4 relevant and 8 other pairs are too few to fit on"
    assert facts["splits"][0]["after"] is None
    assert "were not calibrated: 4 relevant and 8 other" in card_render(outcome.facts)
    # The same seed and data: what the other run folded in is all that differs.
    ours: CrossEncoder = CrossEncoder(str(tmp_path / "model"), device="cpu")
    theirs: CrossEncoder = CrossEncoder(str(run.outcome.folder), device="cpu")
    fold = run.outcome.facts["calibration"]
    raw = logits_of(predicted(ours, "test"))
    assert logits_of(predicted(theirs, "test")) == pytest.approx(
        fold["scale"] * raw + fold["shift"], abs=1e-3
    )
