"""Training on soft lists, by sentence-transformers' own trainer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

import torch
from datasets import Dataset
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments
from sentence_transformers.cross_encoder.losses import ListNetLoss
from sentence_transformers.cross_encoder.model_card import CrossEncoderModelCardData
from torch import nn
from transformers import PrinterCallback, TrainerCallback

from training.ml.errors import DivergedError
from training.ml.keeping.checkpoints import Checkpoints
from training.ml.keeping.clock import CheckpointCallback
from training.ml.keeping.trainer import KeptTrainer
from training.ml.precision import autocast_end
from training.ml.silver.lists import SoftList
from training.ml.templates import Templates
from training.spec.silver import SilverSpec

WARMUP: Final = 0.06  # of the steps
BETA2: Final = 0.98  # there are hundreds of steps, not the thousands that 0.999 looks back on
LOGGED: Final = 20  # lines of the training log
_CHARS: Final = 12  # characters of a text per token that is read, at most: the rest is cut early


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a silver training keeps checkpoints, and how often; `told` hears of each.

    `folder` is of this very training: what lies there is gone on from.
    """

    folder: Path
    seconds: float
    told: Callable[[int, int], None]


class _Trainer(KeptTrainer):
    """Stops at the first loss that is not a number, before it reaches the weights.

    `spent` are seconds of earlier attempts, `told` hears of checkpoints.
    """

    told: Callable[[int, int], None]
    spent: float = 0.0
    begun: float = 0.0

    def more_kept(self) -> dict[str, Any]:
        return {"seconds": self.spent + monotonic() - self.begun}

    def more_restored(self, kept: Mapping[str, Any]) -> None:
        self.spent = kept["seconds"]

    def kept_tell(self) -> None:
        self.told(self.state.global_step, self.state.max_steps)

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        found = super().compute_loss(*args, **kwargs)
        loss = found[0] if isinstance(found, tuple) else found
        if not bool(torch.isfinite(loss).all()):
            raise DivergedError(
                f"The loss of the silver stage is not a number after {self.state.global_step} "
                "steps.",
                "Lower silver_learning_rate, or switch bf16 off.",
            )
        return found


def lists_train(
    model: CrossEncoder,
    lists: Sequence[SoftList],
    spec: SilverSpec,
    templates: Templates,
    *,
    bf16: bool,
    seed: int,
    keeping: Keeping,
    callbacks: Sequence[TrainerCallback] = (),
) -> float:
    """Train until `silver_pairs` pairs were read, in as many passes over the lists as that takes.

    Goes on from the newest checkpoint, and ends with the weights of a training that never stopped;
    returns the seconds of earlier attempts that are in them. Dropout is off and the word vectors
    stand still: a few hundred steps overfit nothing, and both cost a third of the time. Raises
    DivergedError.
    """
    clock = CheckpointCallback(at_least=keeping.seconds)
    steps = steps_count(spec, len(lists[0].passages))
    on_cpu = model.device.type == "cpu"
    with _prepared(model, spec.silver_max_length):
        trainer = _Trainer(
            model=model,
            args=CrossEncoderTrainingArguments(
                output_dir=str(keeping.folder),
                max_steps=steps,
                per_device_train_batch_size=spec.silver_batch_size,
                learning_rate=spec.silver_learning_rate,
                weight_decay=0.01,
                adam_beta2=BETA2,
                warmup_steps=max(1, round(WARMUP * steps)),
                lr_scheduler_type="linear",
                seed=seed,
                bf16=bf16,
                use_cpu=on_cpu,
                dataloader_pin_memory=not on_cpu,
                dataloader_drop_last=len(lists) >= spec.silver_batch_size,
                logging_steps=max(1, steps // LOGGED),
                logging_nan_inf_filter=False,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=_dataset(lists, spec, templates),
            # Cross-entropy with softmax of the targets: soft ones as well as grades. The whole step
            # is read at once, and `SplitCrossEncoder` cuts it by length.
            loss=ListNetLoss(model, mini_batch_size=-1),
            callbacks=[*callbacks, clock],
        )
        trainer.kept, trainer.clock = Checkpoints(keeping.folder), clock
        trainer.told, trainer.begun = keeping.told, monotonic()
        trainer.remove_callback(PrinterCallback)
        trainer.train_on()
        autocast_end(trainer)
    return trainer.spent


def steps_count(spec: SilverSpec, size: int) -> int:
    """Return the optimiser steps that read `silver_pairs` pairs in lists of `size`."""
    return max(1, round(spec.silver_pairs / (spec.silver_batch_size * size)))


def _dataset(lists: Sequence[SoftList], spec: SilverSpec, templates: Templates) -> Dataset:
    most = _CHARS * spec.silver_max_length
    return Dataset.from_dict(
        {
            "query": [templates.query_text(each.query) for each in lists],
            "passages": [
                [templates.passage_text(title=p.title, text=p.text[:most]) for p in each.passages]
                for each in lists
            ],
            "labels": [
                each.targets(
                    temperature=spec.silver_temperature, bonus=spec.silver_bonus
                ).tolist()
                for each in lists
            ],
        }
    )  # fmt: skip


@contextmanager
def _prepared(model: CrossEncoder, max_length: int) -> Iterator[None]:
    """Shorten what the model reads, switch dropout off, keep the word vectors; then undo that."""
    length, card = model.max_seq_length, model.model_card_data
    dropouts = [(part, part.p) for part in model.modules() if isinstance(part, nn.Dropout)]
    vectors = model.transformers_model.get_input_embeddings() if model.transformers_model else None
    model.max_seq_length = min(max_length, length or max_length)
    # The trainer notes its data, arguments and log there; the card is about the labels.
    model.model_card_data = CrossEncoderModelCardData(local_files_only=True)
    model.model_card_data.register_model(model)
    for part, _ in dropouts:
        part.p = 0.0
    if vectors is not None:
        vectors.requires_grad_(False)
    try:
        yield
    finally:
        model.max_seq_length, model.model_card_data = length, card
        for part, rate in dropouts:
            part.p = rate
        if vectors is not None:
            vectors.requires_grad_(True)
