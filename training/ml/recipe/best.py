"""The weights that were best on the dev split, and when to stop looking for better ones."""

import math
from pathlib import Path
from typing import Any

from sentence_transformers import CrossEncoder
from transformers import TrainerCallback, TrainerControl, TrainerState

from training.ml.files import folder_write
from training.ml.group import group_now
from training.ml.keeping.weights import weights_read, weights_write


class Best(TrainerCallback):
    """Keeps the best weights in `folder`, and stops after `patience` evaluations without better.

    `metric` is the evaluator's own name of what is best, such as `dev_ndcg@10`. Equal is not
    better: of weights that rank alike, those that have learned less are kept. The trainer's own
    means for this keep whole checkpoints, and need one at each evaluation.
    """

    def __init__(self, folder: Path, *, metric: str, keep: bool, patience: int | None) -> None:
        self._folder, self._metric, self._keep, self._patience = folder, metric, keep, patience
        self.value: float | None = None
        self.step: int | None = None
        self.misses = 0

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this."""
        return {"value": self.value, "step": self.step, "misses": self.misses}

    def restore(self, state: dict[str, Any]) -> None:
        """Take what `state` gave."""
        self.value, self.step, self.misses = state["value"], state["step"], state["misses"]

    # The trainer hands over (arguments, state, control), and what else there is by name.

    def on_evaluate(self, *event: Any, **more: Any) -> None:
        state: TrainerState = event[1]
        control: TrainerControl = event[2]
        value = float(more["metrics"].get(f"eval_{self._metric}", math.nan))
        if math.isfinite(value) and (self.value is None or value > self.value):
            self.value, self.step, self.misses = value, state.global_step, 0
            if self._keep and group_now().first:
                folder_write(self._folder, lambda folder: weights_write(more["model"], folder))
            return
        self.misses += 1
        if self._patience is not None and self.misses >= self._patience:
            control.should_training_stop = True

    def load(self, model: CrossEncoder) -> bool:
        """Put the best weights into the model; False where none were kept."""
        if not self._keep or self.step is None:
            return False
        weights_read(model, self._folder)
        return True
