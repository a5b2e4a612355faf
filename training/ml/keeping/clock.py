"""The time for a checkpoint."""

from time import monotonic
from typing import Any, Final

from transformers import TrainerCallback, TrainerControl

# A checkpoint takes seconds where a step may take thirty: the time that one may cost of all.
CHECKPOINT_SECONDS: Final = 60.0
CHECKPOINT_SHARE: Final = 0.01


class CheckpointCallback(TrainerCallback):
    """Asks for a checkpoint once a minute, and more seldom where one takes more than half a second.

    With `at_least` of 0 seconds, after each step, whatever it takes.
    """

    def __init__(self, *, at_least: float = CHECKPOINT_SECONDS) -> None:
        self._at_least = at_least
        self._every = at_least
        self._last = monotonic()

    def on_train_begin(self, *_event: Any, **_more: Any) -> None:
        self._last = monotonic()

    def on_step_end(self, *event: Any, **_more: Any) -> None:
        control: TrainerControl = event[2]
        if monotonic() - self._last >= self._every:
            control.should_save = True

    def taken(self, seconds: float) -> None:
        """Say what the last one took."""
        self._every = max(self._at_least, seconds / CHECKPOINT_SHARE) if self._at_least else 0.0
        self._last = monotonic()
