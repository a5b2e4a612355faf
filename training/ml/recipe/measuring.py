"""The systems of a run, scored and evaluated by the same code on the same candidates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from sentence_transformers import CrossEncoder

from training.ml.data import Pair, Snapshot
from training.ml.measures.evaluation import (
    Evaluation,
    SystemScores,
    evaluate,
    thresholds_choose,
)
from training.ml.measures.references import reference_rows
from training.ml.measures.verdict import family_adjusted
from training.ml.models.names import SYSTEM_NAMES
from training.ml.reporter import Reporter
from training.ml.scoring import pairs_score
from training.ml.templates import Templates

MEASURED: Final = ("dev", "test")


class Reading(Protocol):
    """What of a spec says how models are scored and figures made; see `TrainSpec`."""

    @property
    def seed(self) -> int: ...

    @property
    def language(self) -> str | None: ...

    @property
    def max_length(self) -> int: ...

    @property
    def per_device_eval_batch_size(self) -> int: ...

    @property
    def templates(self) -> Templates: ...


Systems = dict[str, SystemScores]
"""System name -> its scores, in the order in which they are compared."""


def measured_splits(snapshot: Snapshot) -> list[str]:
    """Return which of the splits that are measured have pairs: an evaluation can do without dev."""
    return [split for split in MEASURED if snapshot.splits[split]]


def split_scores(
    model: CrossEncoder,
    pairs: Sequence[Pair],
    spec: Reading,
    reporter: Reporter,
    templates: Templates | None = None,
) -> dict[str, dict[str, float]]:
    """Return a model's scores of a split's pairs, as `evaluate` wants them."""
    return pairs_score(
        model,
        pairs,
        templates or spec.templates,
        batch_size=spec.per_device_eval_batch_size,
        progress=reporter.progress,
    )


def systems_evaluate(
    snapshot: Snapshot, spec: Reading, systems: Mapping[str, Systems]
) -> dict[str, Evaluation]:
    """Evaluate dev, and test with the thresholds that dev chose; without a dev split test alone."""
    dev, test = (snapshot.splits[split] for split in MEASURED)
    if not dev:
        alone = family_adjusted(evaluate(test, systems["test"], seed=spec.seed))
        return {"test": replace(alone, rows=alone.rows + reference_rows(test))}
    chosen = {name: thresholds_choose(dev, scores) for name, scores in systems["dev"].items()}
    thresholds = {name: each for name, each in chosen.items() if name in systems["test"] and each}
    on_dev = evaluate(dev, systems["dev"], seed=spec.seed)
    on_test = evaluate(test, systems["test"], seed=spec.seed, thresholds=thresholds)
    on_test = family_adjusted(on_test)
    return {
        "dev": replace(on_dev, rows=on_dev.rows + reference_rows(dev)),
        "test": replace(on_test, rows=on_test.rows + reference_rows(test, dev=dev)),
    }


def evaluations_report(evaluations: Mapping[str, Evaluation], reporter: Reporter) -> None:
    """Tell the headline figure of every system, and what the evaluations have to note."""
    for split, evaluation in evaluations.items():
        for row in evaluation.rows:
            if row.metric == "nDCG@10":
                system = SYSTEM_NAMES[row.system]
                reporter.log(f"{split}: {system} has nDCG@10 {row.value:.4f} (n = {row.n})")
        for note in evaluation.notes:
            reporter.log(f"{split}: {note}")
