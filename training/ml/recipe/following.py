"""A training of several processes: what the first one tells the others, and what they do.

Everything but the steps of training is the first one's own: it scores, keeps, publishes. The others
read the same files, train along, and end when they are told so.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from training.ml.data import snapshot_read
from training.ml.errors import resources_named
from training.ml.group import group_join, launched
from training.ml.models.find import Base, BaseInfo
from training.ml.models.load import base_load
from training.ml.recipe.learning import negatives_of
from training.ml.recipe.teaching import taught_read, taught_write
from training.ml.recipe.trying import Setting, trials_follow
from training.spec.train import TrainSpec

GIB = 1 << 30


class Silent:
    """A reporter that nobody listens to: the first process tells for all."""

    def stage(self, name: str) -> None: ...

    def base(self, facts: Mapping[str, Any]) -> None: ...

    def progress(self, done: int, total: int) -> None: ...

    def kept(self, step: int, steps: int) -> None: ...

    def log(self, line: str) -> None: ...

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None: ...

    def trial(self, *told: Any) -> None: ...


@contextmanager
def trained_together(setting: Setting, snapshot: Path | None) -> Iterator[None]:
    """Let the other processes train along within the block, if there are any."""
    size = launched()[1]
    if size == 1:
        yield
        return
    if snapshot is None:
        raise ValueError("other processes need the snapshot's files")
    spec = setting.spec
    rows, sums = spec.per_device_train_batch_size, spec.gradient_accumulation_steps
    setting.reporter.log(
        f"{size} processes train together: a step learns from {size} x {rows * sums:,} pairs."
    )
    if setting.taught is not None:
        taught_write(setting.taught, setting.folder)
    group = group_join()
    told = {
        "snapshot": str(snapshot),
        "spec": spec.to_dict(),
        "base": {"folder": str(setting.base.folder), "info": setting.base.info.to_dict()},
        "bf16": setting.bf16,
        "folder": str(setting.folder),
        "checkpoint_seconds": setting.checkpoint_seconds,
    }
    group.share(told)
    group.training = True
    yield
    peaks = group.gather([_peak()])
    group.training = False
    if any(row[0] for row in peaks):
        shown = ", ".join(f"{row[0] / GIB:.1f} GiB" for row in peaks)
        setting.reporter.log(f"Memory of the GPUs at most, one by one: {shown}.")


def recipe_follow(told: Mapping[str, Any]) -> None:
    """Train along as the first process has `told`. Raises as training does."""
    group = group_join()
    with resources_named():
        snapshot = snapshot_read(Path(told["snapshot"]))
        spec = TrainSpec.from_dict(told["spec"])
        folder, reporter = Path(told["folder"]), Silent()
        base = Base(Path(told["base"]["folder"]), BaseInfo(**told["base"]["info"]))
        setting = Setting(
            snapshot=snapshot,
            spec=spec,
            base=base,
            bf16=told["bf16"],
            mined=negatives_of(snapshot, spec.widest, reporter, folder=folder),
            folder=folder,
            reporter=reporter,
            device=None,
            checkpoint_seconds=told["checkpoint_seconds"],
            taught=taught_read(folder),
        )
        trials_follow(setting, base_load(base, seed=spec.seed, max_length=spec.max_length))
        group.gather([_peak()])


def _peak() -> float:
    """Return the most bytes that torch has reserved on this process's GPU."""
    return float(torch.cuda.max_memory_reserved()) if torch.cuda.is_available() else 0.0
