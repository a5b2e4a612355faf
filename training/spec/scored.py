"""The keys of a recipe that say how a training is scored on its way, and what is kept of it."""

from dataclasses import dataclass
from typing import Final

from training.ml.search.languages import LANGUAGES
from training.spec.base import key
from training.spec.teaching import TeachSpec

EVAL_STRATEGIES: Final = ("no", "steps", "epoch")
BEST_METRICS: Final = ("ndcg@10", "mrr@10", "average_precision")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSpec(TeachSpec):
    """The dev split during training, and the words of BM25."""

    per_device_eval_batch_size: int = key(
        "integer",
        16,
        "Pairs scored at once and device.",
        group="evaluation",
        minimum=1,
        maximum=4096,
    )
    eval_strategy: str = key(
        "choice",
        "no",
        "When the dev split is scored during training; it always is at the end.",
        group="evaluation",
        choices=EVAL_STRATEGIES,
    )
    eval_steps: float | None = key(
        "number",
        None,
        "Steps between two evaluations, with `eval_strategy` steps only; below 1, a share of all "
        "steps; null: as `logging_steps`.",
        group="evaluation",
        minimum=0,
        maximum=1_000_000,
        above_minimum=True,
        nullable=True,
    )
    load_best_model_at_end: bool = key(
        "boolean",
        False,
        "Keep the weights that were best on the dev split, by `metric_for_best_model`.",
        group="evaluation",
    )
    metric_for_best_model: str = key(
        "choice",
        BEST_METRICS[0],
        "What is best on the dev split, among weights, seeds and trials.",
        group="evaluation",
        choices=BEST_METRICS,
    )
    early_stopping_patience: int | None = key(
        "integer",
        None,
        "Stop after so many evaluations in a row that were no better; null: never.",
        group="evaluation",
        minimum=1,
        maximum=1000,
        nullable=True,
    )
    validation_name: str = key(
        "text",
        "dev",
        "Name of the dev split in the training log and the evaluation table.",
        group="evaluation",
    )
    language: str | None = key(
        "choice",
        None,
        "Whose words BM25 stems; null: the project's language, English where it has none.",
        group="evaluation",
        choices=LANGUAGES,
        nullable=True,
    )

    def conflicts(self) -> dict[str, str]:
        errors = TeachSpec.conflicts(self)
        if self.load_best_model_at_end and self.eval_strategy == "no":
            errors["load_best_model_at_end"] = "Needs eval_strategy steps or epoch."
        if self.eval_steps is not None and self.eval_strategy != "steps":
            errors["eval_steps"] = "Needs eval_strategy steps; leave it out else."
        elif self.eval_steps is not None and self.eval_steps > 1 and self.eval_steps % 1:
            errors["eval_steps"] = "Must be a whole number of steps, or a share below 1."
        if self.early_stopping_patience is not None and self.eval_strategy == "no":
            errors["early_stopping_patience"] = "Needs eval_strategy steps or epoch."
        return errors
