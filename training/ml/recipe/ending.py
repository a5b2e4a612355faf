"""The end of one training: which weights are kept, and what dev says of them."""

from collections.abc import Iterator, Mapping
from time import monotonic

from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.recipe.trainer import RecipeTrainer
from training.spec.train import TrainSpec


def final_measure(
    trainer: RecipeTrainer, evaluator: DevEvaluator, *, restored: bool, recast: bool
) -> dict[str, float]:
    """Return the dev figures of the final weights; scores them unless the last step did.

    Weights may be `restored` from an earlier step, and on the way have been scored in bfloat16
    (`recast`), which is fast, and good enough to choose between steps.
    """
    state, card = trainer.state, trainer.model.model_card_data
    told = evaluator.last is not None and evaluator.last[0] == state.global_step
    if restored or recast or not told:
        log, begun = [dict(line) for line in card.training_logs], monotonic()
        # The curve has what the step itself came to; another figure there would be none of it.
        look = evaluator.look if restored or told else evaluator
        look(trainer.model, epoch=state.epoch or 0.0, steps=state.global_step)
        card.evaluation_duration += monotonic() - begun
        if restored or told:
            # The weights have a line already: that of the step they are of, or the last one.
            card.training_logs = log
    return dict(evaluator.values)


def ending_lines(
    trainer: RecipeTrainer, spec: TrainSpec, values: Mapping[str, float], *, restored: bool
) -> Iterator[str]:
    """Say where training stopped, which weights are kept, and what dev says of them."""
    state = trainer.state
    if state.global_step < state.max_steps:
        yield (
            f"Stopped after step {state.global_step:,} of {state.max_steps:,}: dev gained no more"
            f" in {spec.early_stopping_patience} looks."
        )
    kept = trainer.best.step if restored else state.global_step
    value = values[f"{spec.validation_name}_{spec.metric_for_best_model}"]
    yield (
        f"The weights of step {kept:,} are kept; dev, in single precision: "
        f"{spec.metric_for_best_model} {value:.4f}."
    )
