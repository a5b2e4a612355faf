"""sentence-transformers' trainer, set up from a recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentence_transformers.base.sampler import BatchSamplers
from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments
from transformers import PrinterCallback

from training.ml.errors import DivergedError
from training.ml.group import group_now
from training.ml.keeping.checkpoints import Checkpoints
from training.ml.keeping.clock import CHECKPOINT_SECONDS, CheckpointCallback
from training.ml.keeping.trainer import KeptTrainer
from training.ml.models.freezing import layers_freeze
from training.ml.models.split import SplitCrossEncoder
from training.ml.recipe.batching import (
    AgainstBatchSampler,
    LengthBatchSampler,
    MixedAgainstBatchSampler,
)
from training.ml.recipe.best import Best
from training.ml.recipe.callbacks import ReporterCallback
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.recipe.losses import loss_build
from training.ml.recipe.sharing import GroupCallback, SharedBatches, loss_shared, rows_of
from training.ml.reporter import Reporter
from training.ml.sets.shapes import Shaped, rows_per_step
from training.spec.train import TrainSpec


class RecipeTrainer(KeptTrainer):
    """Stops at the first loss that is no number, and goes on where it died.

    A checkpoint also holds what was logged and what was best: a run that goes on from one ends with
    the same weights, figures and log as one that never stopped. `best` and `told` are set by
    `trainer_build`.
    """

    best: Best
    told: ReporterCallback
    _shared: SharedBatches | None = None

    def get_batch_sampler(
        self, dataset: Any, batch_size: int, drop_last: bool, *args: Any, **kwargs: Any
    ) -> Any:
        size = group_now().size
        # The library would leave out the last rows of several processes: ours may be uneven.
        last = drop_last and size == 1
        whole = super().get_batch_sampler(dataset, batch_size * size, last, *args, **kwargs)
        if size == 1:
            return whole
        self._shared = SharedBatches(whole, size, self.args.seed)
        return self._shared

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        rows = rows_of(inputs)
        found: Any = super().compute_loss(model, inputs, *args, **kwargs)
        whole = isinstance(found, tuple)
        loss, finite = loss_shared(found[0] if whole else found, rows)
        if not finite:
            raise DivergedError(
                f"The loss is not a number after {self.state.global_step} steps.",
                "Lower learning_rate, add warmup_steps, keep max_grad_norm at 1, and switch bf16 "
                "off.",
            )
        return (loss, *found[1:]) if whole else loss

    def more_kept(self) -> dict[str, Any]:
        card = self.model.model_card_data
        return {
            "best": self.best.state(),
            "log": card.training_logs,
            "evaluation_duration": card.evaluation_duration,
            "seconds": self.told.speed.seconds,
        }

    def more_restored(self, kept: Mapping[str, Any]) -> None:
        self.best.restore(kept["best"])
        self.told.speed.seconds = kept["seconds"]
        card = self.model.model_card_data
        card.training_logs = kept["log"]
        card.evaluation_duration = kept["evaluation_duration"]

    def kept_tell(self) -> None:
        self.told.kept(self.state)

    def _run_epoch(self, *args: Any, **kwargs: Any) -> Any:
        # The epoch in which a run goes on does not reach the batches of several processes.
        if self._shared is not None:
            self._shared.set_epoch(kwargs["epoch"])
        return super()._run_epoch(*args, **kwargs)


def trainer_build(
    *,
    model: SplitCrossEncoder,
    spec: TrainSpec,
    shaped: Shaped,
    loss: str,
    evaluator: DevEvaluator | None,
    folder: Path,
    reporter: Reporter,
    bf16: bool,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> RecipeTrainer:
    """Set up the trainer; it keeps what it needs in `folder`, and nothing leaves the machine."""
    on_cpu = model.device.type == "cpu"
    layers_freeze(model, spec.frozen_layers)
    best = Best(
        folder / "best",
        metric=f"{spec.validation_name}_{spec.metric_for_best_model}",
        keep=spec.load_best_model_at_end,
        patience=spec.early_stopping_patience,
    )
    told, clock = ReporterCallback(reporter), CheckpointCallback(at_least=checkpoint_seconds)
    trainer = RecipeTrainer(
        model=model,
        args=arguments_build(spec, shaped, folder, on_cpu=on_cpu, bf16=bf16),
        train_dataset=shaped.dataset,
        loss=loss_build(model, loss, spec),
        evaluator=evaluator,
        callbacks=[told, best, clock],
    )
    if group_now().size > 1:
        trainer.add_callback(GroupCallback(group_now(), spec.seed))
    trainer.kept, trainer.best, trainer.told, trainer.clock = Checkpoints(folder), best, told, clock
    # It would print every line of the log once more.
    trainer.remove_callback(PrinterCallback)
    return trainer


def arguments_build(
    spec: TrainSpec, shaped: Shaped, folder: Path, *, on_cpu: bool, bf16: bool
) -> CrossEncoderTrainingArguments:
    """Translate a recipe into the library's arguments, which have the same names."""
    evaluated = spec.eval_strategy != "no"
    grouped = not on_cpu if spec.group_by_length is None else spec.group_by_length
    return CrossEncoderTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=_plain(spec.num_train_epochs),
        max_steps=spec.max_steps,
        per_device_train_batch_size=rows_per_step(shaped, spec.per_device_train_batch_size),
        per_device_eval_batch_size=spec.per_device_eval_batch_size,
        gradient_accumulation_steps=spec.gradient_accumulation_steps,
        learning_rate=spec.learning_rate,
        weight_decay=spec.weight_decay,
        adam_beta1=spec.adam_beta1,
        adam_beta2=spec.adam_beta2,
        adam_epsilon=spec.adam_epsilon,
        warmup_steps=_plain(spec.warmup_ratio or spec.warmup_steps),
        lr_scheduler_type=spec.lr_scheduler_type,
        max_grad_norm=spec.max_grad_norm,
        seed=spec.seed,
        bf16=bf16,
        activation_checkpointing=spec.activation_checkpointing,
        batch_sampler=_sampler(shaped, grouped=grouped),
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        logging_steps=spec.logging_steps,
        # The filter would log 0 for a loss that is no number.
        logging_nan_inf_filter=False,
        eval_strategy=spec.eval_strategy,
        eval_steps=_plain(spec.eval_steps or spec.logging_steps) if evaluated else None,
        # Checkpoints and the best weights are kept by callbacks of our own.
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def _sampler(shaped: Shaped, *, grouped: bool) -> BatchSamplers | type[LengthBatchSampler]:
    if "anchor" in shaped.dataset.column_names:
        return AgainstBatchSampler if grouped else MixedAgainstBatchSampler
    return LengthBatchSampler if grouped else BatchSamplers.BATCH_SAMPLER


def _plain(number: float) -> float:
    """Write whole numbers as such: the card shows `1`, as the library's own defaults would."""
    return int(number) if number == int(number) else number
