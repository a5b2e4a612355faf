"""Calibration of a finished run: fitted on dev, folded into the model, reported on dev and test."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from training.ml.data import Pair, Snapshot
from training.ml.measures.calibration import (
    Fit,
    calibrated,
    fit_facts,
    held_out_gain,
    orders_kept,
    platt_fit,
    reliability,
)
from training.ml.measures.intervals import Floats
from training.ml.models.folding import scale_fold
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.recipe.measuring import Systems, measured_splits
from training.ml.reporter import Reporter
from training.spec.train import TrainSpec

_PROBES: Final = 4


def calibrate(
    model: CrossEncoder,
    snapshot: Snapshot,
    spec: TrainSpec,
    evaluator: DevEvaluator,
    systems: Mapping[str, Systems],
    reporter: Reporter,
) -> dict[str, Any]:
    """Calibrate `model` and the scores it gave, in place, and return what was found.

    Scale and shift are fitted on the dev split and folded into the output layer, so that whoever
    loads the model gets calibrated scores. Where that cannot be done, both stay as they are and
    `reason` says why. No order changes. `splits` compares scores with labels before and after.
    """
    raw = {
        name: _columns(snapshot.splits[name], systems[name]["model"])
        for name in measured_splits(snapshot)
    }
    fit = platt_fit(*raw["dev"])
    after = {name: calibrated(scores, fit) for name, (scores, _) in raw.items()}
    # Dev alone decides: nothing is chosen by what the test split's scores are.
    if not orders_kept(raw["dev"][0], after["dev"]):
        fit = Fit(refused="scores that differ would become the same")
    if fit.refused is None and held_out_gain(*raw["dev"], _queries(snapshot.splits["dev"])) <= 0:
        fit = Fit(refused="fitted without a dev query, it brings its scores no closer to labels")
    if fit.refused is None and (trouble := _fold(model, snapshot, spec, fit)):
        fit = Fit(refused=trouble)
    if fit.refused is None:
        for name in measured_splits(snapshot):
            systems[name]["model"] = _laid(snapshot.splits[name], after[name])
        evaluator.restate(model, after["dev"].tolist())
    facts = _facts(raw, fit)
    reporter.log(calibration_said(facts))
    return facts


def calibration_facts(
    snapshot: Snapshot, systems: Mapping[str, Systems], fit: Fit
) -> dict[str, Any]:
    """Return what a model's scores say of relevance as they are, with no `fit` of theirs."""
    raw = {
        name: _columns(snapshot.splits[name], systems[name]["model"])
        for name in measured_splits(snapshot)
    }
    return _facts(raw, fit)


def _facts(raw: Mapping[str, tuple[Floats, NDArray[np.bool_]]], fit: Fit) -> dict[str, Any]:
    return {
        **fit_facts(fit),
        "method": "platt",
        "fitted_on": "dev",
        "splits": [_split(name, *columns, fit) for name, columns in raw.items()],
    }


def calibration_said(facts: Mapping[str, Any]) -> str:
    """Say what came of a calibration, in one line."""
    if not facts["applied"]:
        return f"The scores were not calibrated: {facts['reason']}."
    test = next(split for split in facts["splits"] if split["split"] == "test")
    return (
        f"Calibrated on dev with scale {facts['scale']:.4f} and shift {facts['shift']:.4f}; test:"
        f" ECE {test['before']['ece']:.4f} before, {test['after']['ece']:.4f} after."
    )


def calibration_metadata(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `arbiter.json` says of it: logits before it are (logit - shift) / scale."""
    return {"calibration": {name: facts[name] for name in ("applied", "scale", "shift")}}


def _columns(
    pairs: Sequence[Pair], scores: Mapping[str, Mapping[str, float]]
) -> tuple[Floats, NDArray[np.bool_]]:
    values = [scores[pair.query_id][pair.passage_id] for pair in pairs]
    return np.array(values, dtype=np.float64), np.array([pair.relevant for pair in pairs])


def _queries(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(pair.query_id, len(numbers)) for pair in pairs])


def _laid(pairs: Sequence[Pair], scores: Floats) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for pair, score in zip(pairs, scores.tolist(), strict=True):
        found.setdefault(pair.query_id, {})[pair.passage_id] = score
    return found


def _fold(model: CrossEncoder, snapshot: Snapshot, spec: TrainSpec, fit: Fit) -> str | None:
    shown = snapshot.splits["dev"][:_PROBES]
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in shown]
    return scale_fold(model, fit.scale, fit.shift, texts)


def _split(name: str, scores: Floats, relevant: NDArray[np.bool_], fit: Fit) -> dict[str, Any]:
    before = asdict(reliability(scores, relevant))
    after = asdict(reliability(calibrated(scores, fit), relevant)) if fit.refused is None else None
    return {"split": name, "pairs": len(scores), "positives": int(relevant.sum()),
            "before": before, "after": after}  # fmt: skip
