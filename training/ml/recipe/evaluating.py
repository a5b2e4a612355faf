"""A model that is there already, measured on a snapshot beside what it has to beat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from training.ml.data import Snapshot
from training.ml.errors import resources_named
from training.ml.measures.calibration import Fit
from training.ml.measures.evaluation import Evaluation
from training.ml.measures.made import MadeSlice
from training.ml.measures.rankings import Rankings, rankings_top
from training.ml.models.find import Base
from training.ml.models.published import published_load
from training.ml.models.save import METADATA
from training.ml.recipe.baseline import (
    Baseline,
    champion_score,
    expectation,
    expectation_said,
    others_score,
    untouched_score,
)
from training.ml.recipe.calibrating import calibration_facts
from training.ml.recipe.evidence import evidence_collect
from training.ml.recipe.facts_evaluation import methods_facts, split_facts
from training.ml.recipe.measuring import (
    evaluations_report,
    measured_splits,
    split_scores,
    systems_evaluate,
)
from training.ml.recipe.rankers import AS_AN_EMBEDDER, Ranker, base_ranker
from training.ml.recipe.snapshot_check import measurable_check
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
    those of a training's end; `slices`, which the team has made, stand beside the others. A model
    without an output layer is measured as an embedder. Raises DataError for a snapshot whose test
    queries have nothing relevant, BaseModelError for a model that cannot be loaded.
    """
    stages = Stages(reporter)
    with resources_named():
        # 1. Load: refuse what cannot work before time is spent on it.
        with stages("load"):
            measurable_check(snapshot)
            reporter.base(model.info.to_dict())
            reporter.log(f"Model {model.info.loaded}. {model.info.reason}")
            if model.info.fresh_head:
                reporter.log(AS_AN_EMBEDDER)
            read = _load(model, spec, reporter, device)

        # 2. Baseline: every other system, on the very candidates that the model is scored on.
        with stages("baseline"):
            systems = others_score(snapshot, spec)
            if untouched is not None:
                untouched_score(
                    untouched, snapshot, spec, systems, reporter,
                    templates=read.templates, max_length=read.max_length,
                )  # fmt: skip
            found = None
            if champion is not None:
                found = champion_score(champion, snapshot, spec, systems, reporter, is_base=False)
            expected = expectation(snapshot.splits["test"], systems["test"], seed=spec.seed)
            for line in expectation_said(expected):
                reporter.log(line)

        # 3. Evaluate.
        with stages("evaluate"):
            for split in measured_splits(snapshot):
                systems[split]["model"] = read.scores(snapshot.splits[split])
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
            "max_length": read.max_length,
            "evaluation": {
                "splits": [
                    split_facts(split, evaluation, snapshot.splits[split])
                    for split, evaluation in evaluations.items()
                ]
            },
            **evidence,
            "methods": methods_facts(
                snapshot.splits.values(),
                seed=spec.seed,
                language=spec.language or DEFAULT,
                base=None if untouched is None else untouched.info,
            ),
            "timings": [[name, round(value, 3)] for name, value in stages.seconds.items()],
        },
    )


def _load(model: Base, spec: EvaluateSpec, reporter: Reporter, device: str | None) -> Ranker:
    """Load a version of ours as it was published, and any other model as the spec says."""
    if not (model.folder / METADATA).exists():
        return base_ranker(model, spec, reporter, device=device)
    ours = published_load(model)
    return Ranker(
        lambda pairs: split_scores(ours.model, pairs, spec, reporter, ours.templates),
        ours.templates,
        ours.model.max_seq_length or spec.max_length,
    )
