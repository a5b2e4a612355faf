"""sentence-transformers' trainer with checkpoints that hold no pickle."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sentence_transformers.cross_encoder import CrossEncoderTrainer
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from training.ml.files import plain_read, plain_write
from training.ml.group import group_now
from training.ml.keeping.checkpoints import (
    Checkpoints,
    optimizer_read,
    optimizer_write,
    rng_read,
)
from training.ml.keeping.clock import CheckpointCallback
from training.ml.keeping.weights import weights_read, weights_write

_OPTIMIZER: Final = "optimizer.safetensors"
_PLAIN: Final = "arbiter.json"
_STATE: Final = "trainer_state.json"  # the trainer's own name, under which it looks for it


class KeptTrainer(CrossEncoderTrainer):
    """Goes on from checkpoints of our own, and ends as a run that never stopped.

    The library's checkpoints are pickles. These hold the same and more: weights, moments, the
    course of the learning rate, every source of chance, and what `more_kept` says. `kept` and
    `clock` are set by whoever builds it; the clock is one of its callbacks.
    """

    kept: Checkpoints
    clock: CheckpointCallback
    _losses: list[Any] | None = None

    def more_kept(self) -> dict[str, Any]:
        """Return what else a checkpoint keeps, JSON-able."""
        raise NotImplementedError

    def more_restored(self, kept: Mapping[str, Any]) -> None:
        """Take what `more_kept` gave."""
        raise NotImplementedError

    def kept_tell(self) -> None:
        """Tell that a checkpoint was written."""
        raise NotImplementedError

    def train_on(self) -> None:
        """Train from the newest checkpoint, or from the beginning."""
        newest = self.kept.newest()
        self.train(resume_from_checkpoint=None if newest is None else str(newest))

    def _save_checkpoint(self, model: nn.Module, trial: object) -> None:
        begun, group = monotonic(), group_now()
        # Each process has chance and a sum of losses of its own.
        losses = [row[0] for row in group.gather([self._tr_loss.item()])]
        if not group.first:
            self.kept.chance_write(group.rank)
        group.wait()
        if group.first:
            self.kept.write(self.state.global_step, lambda path: self._fill(path, losses))
            self.kept_tell()
        self.clock.taken(monotonic() - begun)

    def _fill(self, folder: Path, losses: list[float]) -> None:
        optimizer, scheduler = self._steppers
        weights_write(self.model, folder)
        plain = {
            "optimizer": optimizer_write(folder / _OPTIMIZER, optimizer.state_dict()),
            "scheduler": scheduler.state_dict(),
            "loss": [losses, self._total_loss_scalar, self._globalstep_last_logged],
            **self.more_kept(),
        }
        plain_write(folder / _PLAIN, plain)
        self.kept.chance_take(folder)
        self.state.save_to_json(str(folder / _STATE))

    def _load_from_checkpoint(self, checkpoint: str, _model: nn.Module | None = None) -> None:
        weights_read(self.model, Path(checkpoint))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        plain = plain_read(Path(checkpoint, _PLAIN)) or {}
        optimizer, scheduler = self._steppers
        state = optimizer_read(Path(checkpoint, _OPTIMIZER), plain["optimizer"])
        optimizer.load_state_dict(state)
        scheduler.load_state_dict(plain["scheduler"])
        self.more_restored(plain)
        self._losses = plain["loss"]

    def _run_epoch(self, *args: Any, **kwargs: Any) -> Any:
        # The trainer begins to sum up losses anew; go on from those since the log's last line.
        if self._losses is not None:
            unlogged, self._total_loss_scalar, self._globalstep_last_logged = self._losses
            self._tr_loss += unlogged[group_now().rank]
            self._losses = None
        run_epoch: Callable[..., Any] = super()._run_epoch
        return run_epoch(*args, **kwargs)

    @property
    def _steppers(self) -> tuple[Optimizer, LRScheduler]:
        if self.optimizer is None or self.lr_scheduler is None:
            raise RuntimeError("there is nothing to keep before training begins")
        return self.optimizer, self.lr_scheduler

    def _load_rng_state(self, checkpoint: str | None) -> None:
        if checkpoint is not None:
            rng_read(Path(checkpoint), group_now().rank)
