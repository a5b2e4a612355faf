"""The trainings of a run: one, or those of its sweep and seeds, of which the best is kept.

The test split is not looked at here: what is chosen by it cannot be measured on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from transformers import set_seed

from training.ml.data import Snapshot
from training.ml.errors import DivergedError
from training.ml.files import folder_write, plain_read, plain_write
from training.ml.keeping.checkpoints import Checkpoints
from training.ml.keeping.weights import weights_read, weights_write
from training.ml.models.classes import classes_fold, classes_open
from training.ml.models.find import Base
from training.ml.models.load import base_load
from training.ml.models.split import SplitCrossEncoder
from training.ml.precision import autocast_end
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.recipe.ending import ending_lines, final_measure
from training.ml.recipe.learning import Lesson, lesson_check, lesson_make
from training.ml.recipe.snapshot_check import tells_apart
from training.ml.recipe.teaching import Taught
from training.ml.recipe.trainer import RecipeTrainer, trainer_build
from training.ml.recipe.trials import Trial, TrialResult, trial_choose, trials_of
from training.ml.reporter import Reporter
from training.ml.sets.mining import Mined
from training.spec.train import TrainSpec

_RESULT: Final = "result.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """The training that was best, with its model as it left it, and what all of them came to."""

    trainer: RecipeTrainer
    evaluator: DevEvaluator
    lesson: Lesson
    dev: Mapping[str, Mapping[str, float]]
    spec: TrainSpec
    chosen: TrialResult
    trials: Sequence[TrialResult]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all trials of a run share; `folder` is kept between attempts at it."""

    snapshot: Snapshot
    spec: TrainSpec
    base: Base
    bf16: bool
    mined: Mined
    folder: Path
    reporter: Reporter
    device: str | None
    checkpoint_seconds: float
    taught: Taught | None = None


def trials_run(setting: Setting, model: SplitCrossEncoder) -> Trained:
    """Train every trial, from where an earlier attempt left it, and return the best.

    `model` is the untouched base. Raises DivergedError where no trial came to an end.
    """
    trials = trials_of(setting.spec)
    results: list[TrialResult] = []
    held: tuple[Trial, _Training] | None = None
    for trial in trials:
        result = _result(setting, trial)
        if result is None:
            _tell(setting, trial, len(trials), "running")
            held = None  # one model in memory at a time
            # A base without a head has one drawn from the seed: the first trial's is at hand.
            own = model if trial is trials[0] else _untouched(setting, trial)
            held = trial, _prepare(setting, trial, own)
            result = _train(setting, trial, held[1], alone=not trials[1:])
        _tell(setting, trial, len(trials), "failed" if result.failed else "done", result)
        results.append(result)
    chosen = trial_choose(
        results, f"{setting.spec.validation_name}_{setting.spec.metric_for_best_model}"
    )
    trial = trials[chosen.number - 1]
    _tell(setting, trial, len(trials), "best", chosen)
    at_hand = held is not None and held[0] is trial
    training = held[1] if held and at_hand else _restore(setting, trial, chosen)
    if training.evaluator.last is None:
        raise RuntimeError("the dev split was not scored")
    return Trained(
        trainer=training.trainer,
        evaluator=training.evaluator,
        lesson=training.lesson,
        dev=training.evaluator.last[1],
        spec=trial.spec,
        chosen=chosen,
        trials=tuple(results),
    )


def trials_follow(setting: Setting, model: SplitCrossEncoder) -> None:
    """Train along with the first process of a group, which keeps and tells everything."""
    trials = trials_of(setting.spec)
    for trial in trials:
        if _result(setting, trial) is not None:
            continue
        own = model if trial is trials[0] else _untouched(setting, trial)
        try:
            _prepare(setting, trial, own).trainer.train_on()
        except DivergedError:
            # In all processes at once; the first one keeps it, and goes on with the next trial.
            if not trials[1:]:
                raise


@dataclass(frozen=True, slots=True)
class _Training:
    model: SplitCrossEncoder
    trainer: RecipeTrainer
    evaluator: DevEvaluator
    lesson: Lesson
    spec: TrainSpec


def _folder(setting: Setting, trial: Trial) -> Path:
    return setting.folder / f"trial-{trial.number}"


def _untouched(setting: Setting, trial: Trial) -> SplitCrossEncoder:
    return base_load(
        setting.base,
        seed=trial.spec.seed,
        max_length=trial.spec.max_length,
        device=setting.device,
    )


def _prepare(
    setting: Setting, trial: Trial, model: SplitCrossEncoder, *, trained: bool = False
) -> _Training:
    spec, pairs = trial.spec, setting.snapshot.splits["dev"]
    if not tells_apart(pairs):  # then the first look is as good as any: learn to the end
        spec = replace(spec, load_best_model_at_end=False, early_stopping_patience=None)
    evaluator = DevEvaluator(
        pairs,
        spec.templates,
        name=spec.validation_name,
        batch_size=spec.per_device_eval_batch_size,
        seed=setting.spec.seed,
        reporter=setting.reporter,
    )
    lesson = lesson_make(setting.snapshot, spec, setting.mined, setting.taught)
    lesson_check(lesson)
    # What was scored and measured before must not change what chance does.
    set_seed(spec.seed)
    if lesson.shaped.classes and not trained:
        classes_open(model, lesson.shaped.classes)
    trainer = trainer_build(
        model=model,
        spec=spec,
        shaped=lesson.shaped,
        loss=lesson.loss.name,
        evaluator=evaluator,
        folder=_folder(setting, trial),
        reporter=setting.reporter,
        bf16=setting.bf16,
        checkpoint_seconds=setting.checkpoint_seconds,
    )
    return _Training(model, trainer, evaluator, lesson, spec)


def _train(setting: Setting, trial: Trial, training: _Training, *, alone: bool) -> TrialResult:
    trainer, card = training.trainer, training.trainer.model.model_card_data
    try:
        trainer.train_on()
    except DivergedError as error:
        if alone:
            raise
        return _failed(setting, trial, training, error)
    autocast_end(trainer)
    restored = trainer.best.load(trainer.model)
    classes_fold(training.model)
    if restored:
        card.set_best_model_step(trainer.best.step or 0)
    values = final_measure(trainer, training.evaluator, restored=restored, recast=setting.bf16)
    for line in ending_lines(trainer, training.spec, values, restored=restored):
        setting.reporter.log(line)
    result = TrialResult(
        number=trial.number,
        changes=dict(trial.changes),
        values=values,
        seconds=round(trainer.told.speed.seconds, 3),
        steps=trainer.state.global_step,
        epoch=trainer.state.epoch or 0.0,
        best_step=card.best_model_step,
        log=[dict(line) for line in card.training_logs],
        hyperparameters=list(card.all_hyperparameters),
        evaluation_duration=card.evaluation_duration,
    )

    def fill(folder: Path) -> None:
        weights_write(trainer.model, folder)
        plain_write(folder / _RESULT, asdict(result))

    folder_write(_folder(setting, trial) / "done", fill)
    Checkpoints(_folder(setting, trial)).clear()
    setting.reporter.kept(result.steps, result.steps)
    return result


def _failed(
    setting: Setting, trial: Trial, training: _Training, error: DivergedError
) -> TrialResult:
    """Keep that a trial came to nothing, so that no later attempt repeats it."""
    setting.reporter.log(f"Trial {trial.number} failed: {error.message}")
    result = TrialResult(
        number=trial.number,
        changes=dict(trial.changes),
        values={},
        seconds=round(training.trainer.told.speed.seconds, 3),
        steps=training.trainer.state.global_step,
        epoch=training.trainer.state.epoch or 0.0,
        best_step=None,
        log=[],
        hyperparameters=[],
        evaluation_duration=training.trainer.model.model_card_data.evaluation_duration,
        failed=error.message,
    )
    folder_write(
        _folder(setting, trial) / "done",
        lambda folder: plain_write(folder / _RESULT, asdict(result)),
    )
    Checkpoints(_folder(setting, trial)).clear()
    return result


def _result(setting: Setting, trial: Trial) -> TrialResult | None:
    stored = plain_read(_folder(setting, trial) / "done" / _RESULT)
    return None if stored is None else TrialResult(**stored)


def _restore(setting: Setting, trial: Trial, result: TrialResult) -> _Training:
    """Return a training as it was when it ended."""
    model = _untouched(setting, trial)
    training = _prepare(setting, trial, model, trained=True)
    weights_read(model, _folder(setting, trial) / "done")
    training.trainer.state.global_step, training.trainer.state.epoch = result.steps, result.epoch
    training.evaluator.look(model, epoch=result.epoch, steps=result.steps)
    card, arguments = model.model_card_data, asdict(training.trainer.args)
    card.training_logs = [dict(line) for line in result.log]
    card.evaluation_duration = result.evaluation_duration
    card.all_hyperparameters = {name: arguments.get(name) for name in result.hyperparameters}
    if result.best_step is not None:
        card.set_best_model_step(result.best_step)
    return training


def _tell(
    setting: Setting,
    trial: Trial,
    of: int,
    state: str,
    result: TrialResult | None = None,
) -> None:
    """Tell how a trial stands, where there are several."""
    if of == 1:
        return
    prefix = f"{setting.spec.validation_name}_"
    found = {} if result is None else result.values
    values = {name.removeprefix(prefix): value for name, value in found.items()}
    seconds = None if result is None else result.seconds
    setting.reporter.trial(trial.number, of, trial.changes, state, values, seconds)
    if state == "best":
        changes = ", ".join(f"{name} {value}" for name, value in trial.changes.items())
        setting.reporter.log(f"Trial {trial.number} of {of} is the best on dev: {changes}.")
