"""The recipe of a training job: what may be set, and within which bounds.

Keys are the names of sentence-transformers and transformers themselves, so that what their
documentation says about a key holds here. No Django and no torch: pages, the API and the
recipe all build on `TrainSpec`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, Self

from training.ml.templates import DEFAULT_PASSAGE, DEFAULT_QUERY, Templates
from training.spec.base import key
from training.spec.losses import LOSSES, WEIGHTED
from training.spec.silver import SilverSpec
from training.spec.sweep import TRIALS_MOST, grid_points

SCHEDULERS: Final = (
    "linear",
    "cosine",
    "constant",
    "constant_with_warmup",
    "polynomial",
    "inverse_sqrt",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSpec(SilverSpec):
    """The recipe of a training job. Build it from outside input with `from_dict` only."""

    loss: str | None = key(
        "choice",
        None,
        "Loss that is minimised; null: the one for the data, which is BinaryCrossEntropyLoss where "
        "relevant and other passages were judged.",
        choices=tuple(LOSSES),
        meanings=tuple(loss.help for loss in LOSSES.values()),
        nullable=True,
    )
    num_train_epochs: float = key(
        "number",
        1,
        "Passes over the training pairs.",
        minimum=0,
        maximum=100,
        above_minimum=True,
    )
    max_steps: int = key(
        "integer",
        -1,
        "Stop after this many optimiser steps; overrides the epochs. -1: no limit.",
        minimum=-1,
        maximum=10_000_000,
    )
    per_device_train_batch_size: int = key(
        "integer",
        16,
        "Training pairs per step and device; of lists, as many as have about so many passages.",
        minimum=1,
        maximum=4096,
    )
    gradient_accumulation_steps: int = key(
        "integer", 1, "Batches summed up before one optimiser step.", minimum=1, maximum=1024
    )
    learning_rate: float = key(
        "number",
        5e-5,
        "Highest learning rate of AdamW.",
        minimum=0,
        maximum=1,
        above_minimum=True,
    )
    weight_decay: float = key(
        "number", 0.0, "Decoupled weight decay of AdamW.", minimum=0, maximum=1
    )
    adam_beta1: float = key(
        "number", 0.9, "AdamW's decay of the mean of gradients.", minimum=0, maximum=0.9999
    )
    adam_beta2: float = key(
        "number", 0.999, "AdamW's decay of the mean of their squares.", minimum=0, maximum=0.99999
    )
    adam_epsilon: float = key(
        "number",
        1e-8,
        "Keeps AdamW's steps finite where gradients vanish.",
        minimum=0,
        maximum=1,
        above_minimum=True,
    )
    warmup_steps: float = key(
        "number",
        0,
        "Steps over which the learning rate rises; below 1, a share of all steps.",
        minimum=0,
        maximum=1_000_000,
    )
    warmup_ratio: float | None = key(
        "number",
        None,
        "Older name for a `warmup_steps` below 1; set one of the two.",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    lr_scheduler_type: str = key(
        "choice", "linear", "Course of the learning rate after the warm-up.", choices=SCHEDULERS
    )
    max_grad_norm: float = key(
        "number", 1.0, "Gradients are clipped to this norm; 0: never.", minimum=0, maximum=1000
    )
    frozen_layers: int = key(
        "integer",
        0,
        "Layers, from the first, that stand still, and the embeddings below them: less for few "
        "labels to spoil, and less to compute. 0: all learn.",
        minimum=0,
        maximum=1000,
    )
    pos_weight: float | None = key(
        "number",
        None,
        "Weight of a positive pair in the loss; null: 1. Above 1 where positives are rare.",
        minimum=0,
        maximum=10_000,
        above_minimum=True,
        nullable=True,
    )
    seed: int = key(
        "integer",
        42,
        "Seed of the order of the pairs, of dropout and of a fresh head.",
        minimum=0,
        maximum=2**32 - 1,
    )
    seeds: int = key(
        "integer",
        1,
        "Trainings with `seed`, `seed` + 1 and so on; the best on the dev split is published, and "
        "all of them say how far chance goes.",
        minimum=1,
        maximum=10,
    )
    sweep: tuple[tuple[str, tuple[Any, ...]], ...] = key(
        "grid",
        (),
        "Values to try of other keys, a list for each; every combination, `seeds` times, is one "
        "training. The best on the dev split is published, over seeds by their mean.",
    )
    bf16: bool | None = key(
        "boolean",
        None,
        "Compute in bfloat16, with weights in single precision; null: where this machine is "
        "measured to be faster with it.",
        nullable=True,
    )
    activation_checkpointing: bool = key(
        "boolean",
        False,
        "Compute activations again instead of keeping them: less memory, a third more time.",
    )
    group_by_length: bool | None = key(
        "boolean",
        None,
        "Fill a batch with texts of about one length; null: on a GPU. On a CPU batches stay mixed "
        "and are read in parts of one length each.",
        nullable=True,
    )
    logging_steps: int = key(
        "integer", 10, "Steps between two lines of the training log.", minimum=1, maximum=1_000_000
    )
    max_length: int = key(
        "integer",
        512,
        "Tokens of a query and a passage together; what is longer is cut.",
        group="texts",
        minimum=8,
        maximum=32_768,
    )
    query_template: str = key(
        "template", DEFAULT_QUERY, "What the model reads of a query: {query}.", group="texts"
    )
    passage_template: str = key(
        "template",
        DEFAULT_PASSAGE,
        "What the model reads of a passage: {title} and {text}. Without a title, {title} goes "
        "together with the words that join it to {text}.",
        group="texts",
    )

    @property
    def templates(self) -> Templates:
        """The templates, ready to be filled."""
        return Templates(query=self.query_template, passage=self.passage_template)

    def variants(self) -> Iterator[tuple[dict[str, Any], Self]]:
        """Yield each combination of a sweep with the recipe that it makes; without one, this.

        Raises ValueError for a value that its key does not take.
        """
        known = {item.name: item for item in self.described()}
        for point in grid_points(self.sweep):
            changes = {}
            for name, value in point.items():
                try:
                    changes[name] = known[name].clean(value)
                except ValueError as error:
                    raise ValueError(f"{name} {value}: {error}") from error
            yield changes, replace(self, sweep=(), **changes)

    @property
    def widest(self) -> Self:
        """The recipe that needs the most negatives of all that are tried."""
        tried = [spec.num_negatives for _, spec in self.variants()]
        most = max((number for number in tried if number is not None), default=None)
        return replace(self, num_negatives=most)

    def conflicts(self) -> dict[str, str]:
        errors = self._alone()
        trials = prod(len(values) for _, values in self.sweep) * self.seeds
        if self.sweep and trials > TRIALS_MOST:
            errors["sweep"] = f"{trials:,} trainings are too many; at most {TRIALS_MOST}."
        elif self.sweep:
            try:
                wrong = [spec._alone() for _, spec in self.variants()]  # noqa: SLF001 - its own
            except ValueError as error:
                errors["sweep"] = str(error)
            else:
                found = [(name, text) for each in wrong for name, text in each.items()]
                new = [f"{name}: {text}" for name, text in found if name not in errors]
                if new:
                    errors["sweep"] = new[0]
        return errors

    def _alone(self) -> dict[str, str]:
        """What is wrong with the recipe as it stands, its sweep left aside."""
        errors = SilverSpec.conflicts(self)
        if self.max_steps == 0:
            errors["max_steps"] = "Must be -1 (no limit) or at least 1."
        if self.warmup_ratio and self.warmup_steps:
            errors["warmup_ratio"] = "Set warmup_ratio or warmup_steps, not both."
        if self.pos_weight is not None and self.loss not in (None, WEIGHTED):
            errors["pos_weight"] = f"Is known to {WEIGHTED} alone."
        elif self.pos_weight is not None and self.teacher is not None and self.loss is None:
            errors["pos_weight"] = f"Is known to {WEIGHTED} alone; a teacher's loss is another."
        return errors | self.teacher_conflict(self.loss)
