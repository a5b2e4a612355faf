"""The recipe: load, baseline, silver where it is wanted, train, evaluate, save.

One linear run over a frozen snapshot, the same under the supervisor and by hand. It knows no
database and, once the base is there, no network; what it tells goes to a `Reporter`. The same
snapshot, recipe, base and machine give the same weights.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import datasets
import transformers
from huggingface_hub.utils.tqdm import disable_progress_bars

from training.ml.data import Snapshot
from training.ml.errors import resources_named
from training.ml.measures.evaluation import (
    Evaluation,
)
from training.ml.models.find import Base, BaseInfo
from training.ml.models.load import base_load
from training.ml.models.save import model_save
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.recipe.facts import Run, facts_collect
from training.ml.recipe.measuring import (
    Systems,
    evaluations_report,
    split_scores,
    systems_evaluate,
    systems_score,
)
from training.ml.recipe.snapshot_check import snapshot_check
from training.ml.recipe.trainer import RecipeTrainer, dataset_build, trainer_build
from training.ml.reporter import Reporter, Stages
from training.ml.silver.run import silver_train
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec

STAGES: Final = ("load", "baseline", "silver", "train", "evaluate", "save")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves: the model's folder, its figures, and the facts for its card.

    `evaluations` has an entry for dev and test, each over the systems first_stage (where the
    snapshot has ranks), bm25, base and model, with the rows of `references` behind theirs;
    `timings` the seconds per stage; `log` the lines of the training log. `facts` is JSON-able, see
    `training.ml.recipe.facts`.
    """

    folder: Path
    base: BaseInfo
    evaluations: Mapping[str, Evaluation]
    timings: Mapping[str, float]
    log: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Any]


def recipe_run(
    *,
    snapshot: Snapshot,
    spec: TrainSpec,
    base: Base,
    folder: Path,
    reporter: Reporter,
    device: str | None = None,
    silver: SilverWork | None = None,
) -> Outcome:
    """Train `base` on the snapshot and leave the new model in `folder`, which must not exist.

    `silver` is what a silver stage works with; without it there is none.
    The folder appears complete or not at all. Raises RecipeError, with a message for the user, for
    a snapshot, base or recipe that cannot work and for exhausted memory or disk.
    """
    _be_quiet()
    if folder.exists():
        raise FileExistsError(f"{folder.name} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch,
        resources_named(),
    ):
        return _run(snapshot, spec, base, folder, reporter, device, Path(scratch), silver)


def _run(
    snapshot: Snapshot,
    spec: TrainSpec,
    base: Base,
    folder: Path,
    reporter: Reporter,
    device: str | None,
    scratch: Path,
    silver: SilverWork | None,
) -> Outcome:
    stages = Stages(reporter)

    # 1. Load: refuse what cannot work before an hour is spent on it.
    with stages("load"):
        snapshot_check(snapshot)
        _report_base(base.info, reporter)
        model = base_load(base, seed=spec.seed, max_length=spec.max_length, device=device)

    # 2. Baseline: every other system, on the very candidates that the model will be scored on.
    with stages("baseline"):
        systems = systems_score(snapshot, spec, model, reporter)

    # 3. Silver: where the base has to learn from a teacher first, on queries that nobody labelled.
    taught = None
    if silver is not None and spec.silver_wanted(fresh_head=base.info.fresh_head):
        with stages("silver"):
            taught = silver_train(
                model, base=base.info, spec=spec, work=silver, reporter=reporter
            ).to_dict()

    # 4. Train.
    with stages("train"):
        evaluator = _dev_evaluator(snapshot, spec, reporter)
        dataset = dataset_build(snapshot.splits["train"], spec)
        trainer = trainer_build(
            model=model,
            spec=spec,
            dataset=dataset,
            evaluator=evaluator,
            scratch=scratch / "trainer",
            reporter=reporter,
        )
        trainer.train()

    # 5. Evaluate: the same code, candidates and order of ties for all systems.
    with stages("evaluate"):
        _score_model(snapshot, spec, trainer, evaluator, systems, reporter)
        evaluations = systems_evaluate(snapshot, spec, systems)
        evaluations_report(evaluations, reporter)

    # 6. Save: complete in a scratch folder, then moved into place.
    with stages("save"):
        metadata = _metadata(snapshot, spec, base.info)
        model_save(model, scratch / "model", metadata)
        (scratch / "model").rename(folder)

    run = Run(snapshot, spec, base.info, dataset, trainer, evaluator, evaluations, stages.seconds)
    log = [dict(line) for line in model.model_card_data.training_logs]
    facts = {**facts_collect(run), "silver": taught}
    return Outcome(folder, base.info, evaluations, dict(stages.seconds), log, facts)


def _report_base(info: BaseInfo, reporter: Reporter) -> None:
    reporter.base(info.to_dict())
    reporter.log(f"Base model {info.loaded}. {info.reason}")
    if info.fresh_head:
        reporter.log("It has no output layer; one was drawn from the seed.")


def _dev_evaluator(snapshot: Snapshot, spec: TrainSpec, reporter: Reporter) -> DevEvaluator:
    return DevEvaluator(
        snapshot.splits["dev"],
        spec.templates,
        name=spec.validation_name,
        batch_size=spec.per_device_eval_batch_size,
        seed=spec.seed,
        reporter=reporter,
    )


def _score_model(
    snapshot: Snapshot,
    spec: TrainSpec,
    trainer: RecipeTrainer,
    evaluator: DevEvaluator,
    systems: Mapping[str, Systems],
    reporter: Reporter,
) -> None:
    """Score dev and test with the trained weights; the dev figures close the training log."""
    systems["dev"]["model"] = _dev_scores(spec, trainer, evaluator)
    systems["test"]["model"] = split_scores(trainer.model, snapshot.splits["test"], spec, reporter)


def _dev_scores(
    spec: TrainSpec, trainer: RecipeTrainer, evaluator: DevEvaluator
) -> dict[str, dict[str, float]]:
    """Return the dev scores of the final weights; measures them unless the last step did."""
    state, card = trainer.state, trainer.model.model_card_data
    if (
        spec.load_best_model_at_end
        or evaluator.last is None
        or (evaluator.last[0] != state.global_step)
    ):
        log = [dict(line) for line in card.training_logs]
        evaluator(trainer.model, epoch=state.epoch or 0.0, steps=state.global_step)
        if spec.load_best_model_at_end:
            # The weights are those of an earlier line, which is marked, not of the last step.
            card.training_logs = log
    if evaluator.last is None:
        raise RuntimeError("the dev split was not scored")
    return evaluator.last[1]


def _metadata(snapshot: Snapshot, spec: TrainSpec, info: BaseInfo) -> dict[str, Any]:
    return {
        "format": 1,
        "query_template": spec.query_template,
        "passage_template": spec.passage_template,
        "max_length": spec.max_length,
        "base": info.to_dict(),
        "snapshot": snapshot.digest,
        "recipe": spec.to_dict(),
    }


def _be_quiet() -> None:
    """Progress goes to the reporter; bars of the libraries would fill a job's log."""
    quiet: Sequence[Callable[[], object]] = (
        datasets.disable_progress_bars,
        disable_progress_bars,
        transformers.utils.logging.disable_progress_bar,
    )
    for switch in quiet:
        switch()
