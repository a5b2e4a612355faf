"""The progress of a silver stage as one count of pairs: those the teacher reads, those trained."""

import math
from typing import Any, Final

from transformers import TrainerCallback, TrainerState

from training.ml.models.speed import Speed
from training.ml.reporter import Reporter
from training.spec.silver import CURVE

# A pair costs the model about ten times what it costs the teacher: shares of the whole bar.
_TEACHER: Final = 0.1
_WHOLE: Final = 1_000


class SilverProgress(TrainerCallback):
    """Tells a reporter thousandths of the stage, and loss and speed on the way."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._speed = Speed()
        reporter.progress(0, _WHOLE)

    def teaching(self, done: int, total: int) -> None:
        """The teacher has read `done` of `total` pairs."""
        self._tell(_TEACHER * done / max(1, total))

    def nothing(self, _done: int, _total: int) -> None:
        """The few pairs that are held out move no bar."""

    # The trainer hands over (arguments, state, control), and what else there is by name.

    def on_train_begin(self, *event: Any, **more: Any) -> None:
        state: TrainerState = event[1]
        self._speed.start(more["model"])
        if state.global_step:
            self._reporter.log(
                f"Silver stage: going on after step {state.global_step:,} of {state.max_steps:,},"
                " which an earlier attempt kept."
            )
            self._reporter.kept(state.global_step, state.max_steps)

    def on_step_begin(self, *_event: Any, **_more: Any) -> None:
        self._speed.step_begin()

    def on_step_end(self, *event: Any, **_more: Any) -> None:
        state: TrainerState = event[1]
        self._speed.step_end()
        self._tell(_TEACHER + (1 - _TEACHER) * state.global_step / max(1, state.max_steps))

    def on_log(self, *event: Any, **more: Any) -> None:
        state: TrainerState = event[1]
        if "loss" not in more["logs"]:
            return
        loss = float(more["logs"]["loss"])
        self._reporter.log(
            f"Silver stage, step {state.global_step:,} of {state.max_steps:,}: loss {loss:.3f}."
        )
        found = {"loss": loss, **self._speed.values(more["model"])}
        values = {CURVE + name: value for name, value in found.items() if math.isfinite(value)}
        self._reporter.metric(state.global_step, state.epoch or 0.0, values)

    def _tell(self, share: float) -> None:
        self._reporter.progress(round(share * _WHOLE), _WHOLE)
