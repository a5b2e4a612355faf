"""What a run's figures say, and how surely: the facts beside the figures themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from training.ml.data import Snapshot
from training.ml.measures.evaluation import Evaluation
from training.ml.measures.made import MadeSlice
from training.ml.measures.slices import slices_of
from training.ml.measures.verdict import verdict_facts
from training.ml.recipe.baseline import Baseline
from training.ml.recipe.measuring import Reading


def evidence_collect(
    snapshot: Snapshot,
    spec: Reading,
    baseline: Baseline,
    calibration: Mapping[str, Any],
    evaluations: Mapping[str, Evaluation],
    made: Sequence[MadeSlice] = (),
) -> dict[str, Any]:
    """Return verdict, expected, champion, calibration and slices, JSON-able, see `facts`."""
    test = evaluations["test"]
    return {
        "verdict": verdict_facts(test),
        "expected": dict(baseline.expected),
        "champion": baseline.champion,
        "calibration": dict(calibration),
        "slices": slices_of(snapshot.splits["test"], test.per_query, made=made, seed=spec.seed),
    }
