"""sentence-transformers' trainer, set up from a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
from transformers import PrinterCallback

from training.ml.data import Pair
from training.ml.errors import DivergedError
from training.ml.recipe.callbacks import ReporterCallback
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.reporter import Reporter
from training.spec.train import TrainSpec


class RecipeTrainer(CrossEncoderTrainer):
    """Stops at the first loss that is not a number, before it reaches the weights."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        found = super().compute_loss(*args, **kwargs)
        loss = found[0] if isinstance(found, tuple) else found
        if not bool(torch.isfinite(loss).all()):
            raise DivergedError(
                f"The loss is not a number after {self.state.global_step} steps.",
                "Lower learning_rate, add warmup_steps, keep max_grad_norm at 1, and switch bf16 "
                "off.",
            )
        return found


def trainer_build(
    *,
    model: CrossEncoder,
    spec: TrainSpec,
    dataset: Dataset,
    evaluator: DevEvaluator,
    scratch: Path,
    reporter: Reporter,
) -> RecipeTrainer:
    """Set up the trainer; it writes into `scratch` only, and nothing leaves the machine."""
    trainer = RecipeTrainer(
        model=model,
        args=arguments_build(spec, scratch, on_cpu=model.device.type == "cpu"),
        train_dataset=dataset,
        loss=loss_build(model, spec),
        evaluator=evaluator,
        callbacks=[ReporterCallback(reporter)],
    )
    # It would print every line of the log once more.
    trainer.remove_callback(PrinterCallback)
    return trainer


def dataset_build(pairs: Sequence[Pair], spec: TrainSpec) -> Dataset:
    """Texts and targets in the columns and with the names of sentence-transformers' own cards.

    Shuffled by the seed, so that the first rows, which a card shows, are not all of one query.
    """
    rows = [pairs[row] for row in np.random.default_rng(spec.seed).permutation(len(pairs))]
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in rows]
    return Dataset.from_dict(
        {
            "sentence_0": [query for query, _ in texts],
            "sentence_1": [passage for _, passage in texts],
            "label": [float(pair.target) for pair in rows],
        }
    )


def loss_build(model: CrossEncoder, spec: TrainSpec) -> BinaryCrossEntropyLoss:
    """Binary cross-entropy on logits; `pos_weight` weighs positive pairs."""
    weight = None if spec.pos_weight is None else torch.tensor(float(spec.pos_weight))
    return BinaryCrossEntropyLoss(model, pos_weight=weight)


def arguments_build(
    spec: TrainSpec, scratch: Path, *, on_cpu: bool
) -> CrossEncoderTrainingArguments:
    """Translate a recipe into the library's arguments, which have the same names."""
    evaluated = spec.eval_strategy != "no"
    return CrossEncoderTrainingArguments(
        output_dir=str(scratch),
        num_train_epochs=_plain(spec.num_train_epochs),
        max_steps=spec.max_steps,
        per_device_train_batch_size=spec.per_device_train_batch_size,
        per_device_eval_batch_size=spec.per_device_eval_batch_size,
        gradient_accumulation_steps=spec.gradient_accumulation_steps,
        learning_rate=spec.learning_rate,
        weight_decay=spec.weight_decay,
        warmup_steps=_plain(spec.warmup_ratio or spec.warmup_steps),
        lr_scheduler_type=spec.lr_scheduler_type,
        max_grad_norm=spec.max_grad_norm,
        seed=spec.seed,
        bf16=spec.bf16,
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        logging_steps=spec.logging_steps,
        # The filter would log 0 for a loss that is no number.
        logging_nan_inf_filter=False,
        eval_strategy=spec.eval_strategy,
        eval_steps=(spec.eval_steps or spec.logging_steps) if evaluated else None,
        save_strategy=spec.eval_strategy if spec.load_best_model_at_end else "no",
        save_steps=spec.eval_steps or spec.logging_steps,
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=spec.load_best_model_at_end,
        metric_for_best_model=f"eval_{spec.validation_name}_average_precision"
        if spec.load_best_model_at_end
        else None,
        report_to="none",
        disable_tqdm=True,
    )


def _plain(number: float) -> float:
    """Write whole numbers as such: the card shows `1`, as the library's own defaults would."""
    return int(number) if number == int(number) else number
