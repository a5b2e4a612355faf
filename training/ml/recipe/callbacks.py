"""The trainer's events, passed on to a reporter."""

import math
from typing import Any, Final

from transformers import TrainerCallback, TrainerControl, TrainerState

from training.ml.models.speed import Speed
from training.ml.reporter import Reporter

# Told apart by the trainer's own names; run-time statistics of an evaluation are no metrics.
_LOGGED: Final = ("loss", "learning_rate", "grad_norm")


class ReporterCallback(TrainerCallback):
    """Progress in optimiser steps, and each line of the training log, the first and last always.

    Speeds are over the steps since the last line, without what is scored between them.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.speed = Speed()

    # The trainer hands over (arguments, state, control), and what else there is by name.

    def on_train_begin(self, *event: Any, **more: Any) -> None:
        state: TrainerState = event[1]
        if state.global_step:
            self._reporter.log(
                f"Going on after step {state.global_step} of {state.max_steps}, which an earlier"
                " attempt kept."
            )
            self.kept(state)
        self.speed.start(more["model"])
        self._reporter.progress(state.global_step, state.max_steps)

    def kept(self, state: TrainerState) -> None:
        """Tell of the checkpoint that was just written, or read."""
        self._reporter.kept(state.global_step, state.max_steps)

    def on_step_begin(self, *_event: Any, **_more: Any) -> None:
        self.speed.step_begin()

    def on_step_end(self, *event: Any, **_more: Any) -> None:
        state: TrainerState = event[1]
        control: TrainerControl = event[2]
        self.speed.step_end()
        self._reporter.progress(state.global_step, state.max_steps)
        # A run shorter than `logging_steps` shows where its loss began and ended, too.
        if state.global_step in (1, state.max_steps):
            control.should_log = True
        # The last weights may be the best ones.
        if state.global_step == state.max_steps and event[0].eval_strategy == "steps":
            control.should_evaluate = True

    def on_log(self, *event: Any, **more: Any) -> None:
        state: TrainerState = event[1]
        found = {name: float(value) for name, value in more["logs"].items() if name in _LOGGED}
        if "loss" in found:
            found |= self.speed.values(more["model"])
        found = {name: value for name, value in found.items() if math.isfinite(value)}
        if found:
            self._reporter.metric(state.global_step, state.epoch or 0.0, found)
