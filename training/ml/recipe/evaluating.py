"""A model that is there already, measured on a snapshot beside what it has to beat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training.ml.data import Snapshot
from training.ml.errors import BaseModelError, DataError, resources_named
from training.ml.measures.calibration import Fit
from training.ml.measures.evaluation import Evaluation
from training.ml.measures.made import MadeSlice
from training.ml.measures.rankings import Rankings, rankings_top
from training.ml.models.find import Base
from training.ml.models.load import base_load
from training.ml.models.published import Published, published_load
from training.ml.models.save import METADATA
from training.ml.recipe.baseline import (
    Baseline,
    champion_score,
    expectation,
    expectation_said,
    others_score,
)
from training.ml.recipe.calibrating import calibration_facts
from training.ml.recipe.evidence import evidence_collect
from training.ml.recipe.facts_evaluation import methods_facts, split_facts
from training.ml.recipe.measuring import (
    Systems,
    evaluations_report,
    measured_splits,
    split_scores,
    systems_evaluate,
)
from training.ml.reporter import Reporter, Stages
from training.ml.search.languages import DEFAULT
from training.spec.evaluate import EvaluateSpec

AS_IT_IS: Final = "an evaluation changes no model"


@dataclass(frozen=True, slots=True)
class Measured:
    """What an evaluation found; `facts` are JSON-able.

    Facts: model (`BaseInfo`), templates, max_length, evaluation {splits}, verdict, expected,
    champion, calibration, slices, methods and timings, each as in `training.ml.recipe.facts`.
    """

    evaluations: Mapping[str, Evaluation]
    rankings: Rankings
    facts: Mapping[str, Any]


def evaluation_run(
    *,
    snapshot: Snapshot,
    spec: EvaluateSpec,
    model: Base,
    reporter: Reporter,
    untouched: Base | None = None,
    champion: Base | None = None,
    slices: Sequence[MadeSlice] = (),
    device: str | None = None,
) -> Measured:
    """Measure `model` on dev and test of the snapshot, beside what it is to beat.

    That is first stage, BM25, `untouched`, the base that the model was trained from, and
    `champion`, as far as there are any. A snapshot may have no dev split: then no threshold was
    chosen, and binary metrics that need one are left out. Code, candidates and order of ties are
    those of a training's end; `slices`, which the team has made, stand beside the others. Raises
    DataError for a snapshot without judged test queries, BaseModelError for a model that cannot
    score.
    """
    stages = Stages(reporter)
    with resources_named():
        # 1. Load: refuse what cannot work before time is spent on it.
        with stages("load"):
            _check(snapshot, model)
            reporter.base(model.info.to_dict())
            reporter.log(f"Model {model.info.loaded}. {model.info.reason}")
            read = _load(model, spec, device)

        # 2. Baseline: every other system, on the very candidates that the model is scored on.
        with stages("baseline"):
            systems = others_score(snapshot, spec)
            if untouched is not None:
                _base_score(untouched, read, snapshot, spec, systems, reporter)
            found = None
            if champion is not None:
                found = champion_score(champion, snapshot, spec, systems, reporter, is_base=False)
            expected = expectation(snapshot.splits["test"], systems["test"], seed=spec.seed)
            for line in expectation_said(expected):
                reporter.log(line)

        # 3. Evaluate.
        with stages("evaluate"):
            for split in measured_splits(snapshot):
                pairs = snapshot.splits[split]
                systems[split]["model"] = split_scores(
                    read.model, pairs, spec, reporter, read.templates
                )
            evaluations = systems_evaluate(snapshot, spec, systems)
            calibration = calibration_facts(snapshot, systems, Fit(refused=AS_IT_IS))
            evidence = evidence_collect(
                snapshot, spec, Baseline(systems, expected, found), calibration, evaluations, slices
            )
            evaluations_report(evaluations, reporter)
    return Measured(
        evaluations=evaluations,
        rankings=rankings_top(snapshot.splits["test"], systems["test"], seed=spec.seed),
        facts={
            "model": model.info.to_dict(),
            "templates": {
                "query": read.templates.query,
                "passage": read.templates.passage,
            },
            "max_length": read.model.max_seq_length,
            "evaluation": {
                "splits": [
                    split_facts(split, evaluation, snapshot.splits[split])
                    for split, evaluation in evaluations.items()
                ]
            },
            **evidence,
            "methods": methods_facts(
                snapshot.splits.values(), seed=spec.seed, language=spec.language or DEFAULT
            ),
            "timings": [[name, round(value, 3)] for name, value in stages.seconds.items()],
        },
    )


def _check(snapshot: Snapshot, model: Base) -> None:
    if not snapshot.splits["test"]:
        raise DataError(
            "The test split is empty.",
            "Judge more queries, or freeze a snapshot with other shares.",
        )
    if model.info.fresh_head:
        raise BaseModelError(
            f"{model.info.loaded} has no output layer: it would rank at random.",
            "Evaluate a reranker; an embedder can be trained from.",
        )


def _base_score(
    base: Base,
    read: Published,
    snapshot: Snapshot,
    spec: EvaluateSpec,
    systems: Mapping[str, Systems],
    reporter: Reporter,
) -> None:
    """Add the scores of the base, which reads the texts that its model reads, and let it go."""
    loaded = base_load(
        base, seed=spec.seed, max_length=read.model.max_seq_length or spec.max_length
    )
    for split in measured_splits(snapshot):
        pairs = snapshot.splits[split]
        systems[split]["base"] = split_scores(loaded, pairs, spec, reporter, read.templates)


def _load(model: Base, spec: EvaluateSpec, device: str | None) -> Published:
    """Load a version of ours as it was published, and any other model as the spec says."""
    if (model.folder / METADATA).exists():
        return published_load(model)
    loaded = base_load(model, seed=spec.seed, max_length=spec.max_length, device=device)
    return Published(loaded, spec.templates)
