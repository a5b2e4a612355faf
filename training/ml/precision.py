"""Which precision trains faster on this machine: measured, since processors differ by tenfold.

bfloat16 autocast was 1.8 times as fast as single precision on one CPU and six times as slow on
another. Weights stay in single precision either way.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import CrossEncoderTrainer
from sentence_transformers.util import batch_to_device

from training.ml.files import plain_read, plain_write
from training.ml.hardware import cpu_name

ROWS: Final = 8  # pairs of a measured step
ROUNDS: Final = 3  # of which the first warms up
LACKING: Final = "This GPU lacks bfloat16."
WORTH: Final = 1.1  # how much faster bfloat16 has to be

Texts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Precision:
    """Whether to compute in bfloat16, and why; seconds of a step of `ROWS` pairs where measured."""

    bf16: bool
    reason: str
    fp32_seconds: float | None = None
    bf16_seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


def autocast_end(trainer: CrossEncoderTrainer) -> None:
    """Take away what a trainer has wrapped around its model to compute in bfloat16.

    The model scores in single precision from then on, as it does for whoever loads it: figures and
    a calibration of bfloat16 scores, of which many are equal, would not be its own. The next
    trainer of this model wraps it again.
    """
    trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    # accelerate leaves a model alone that bears this mark: it would learn in single precision.
    vars(trainer.model).pop("_is_accelerate_prepared", None)


def precision_choose(
    model: CrossEncoder, texts: Texts, *, asked: bool | None, cache: Path | None
) -> Precision:
    """Return what was asked for, or what is faster for these texts on this machine.

    A measurement is kept in `cache`, a folder, and holds for the same processor, library and
    architecture, so that a repeated run computes as the first one did.
    """
    if model.device.type == "cuda":
        return _of_gpu(asked)
    if asked is not None:
        return Precision(asked, "The recipe says so.")
    if model.device.type != "cpu":
        return Precision(False, f"bfloat16 is not tried on {model.device.type}.")
    name = _machine(model)
    path = cache / "precision.json" if cache is not None else None
    known = plain_read(path) if path is not None else None
    if known and name in known:
        return Precision(**known[name])
    found = _measured(model, texts)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        plain_write(path, {**(known or {}), name: found.to_dict()})
    return found


def _of_gpu(asked: bool | None) -> Precision:
    """Return what a GPU is good at; one that lacks bfloat16 would only emulate it."""
    able = torch.cuda.is_bf16_supported(including_emulation=False)
    if asked is False:
        return Precision(False, "The recipe says so.")
    if not able:
        wanted = "The recipe asks for bfloat16, which this GPU lacks." if asked else LACKING
        return Precision(False, wanted)
    return Precision(True, "The recipe says so." if asked else "This GPU has bfloat16.")


def _measured(model: CrossEncoder, texts: Texts) -> Precision:
    """Time training steps in turn; the fastest of each counts, as the least disturbed one."""
    batch = [texts[row * len(texts) // ROWS] for row in range(min(ROWS, len(texts)))]
    training = model.training
    model.train()
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for bf16, taken in seconds.items():
            taken.append(_step(model, batch, bf16=bf16))
    model.zero_grad(set_to_none=True)
    model.train(training)
    single, half = (min(taken[1:]) for taken in seconds.values())
    faster = single / half
    reason = (
        f"A training step took {half:.2f} s in bfloat16 and {single:.2f} s in single precision on"
        " this machine."
    )
    return Precision(faster >= WORTH, reason, round(single, 4), round(half, 4))


def _step(model: CrossEncoder, batch: Texts, *, bf16: bool) -> float:
    begun = perf_counter()
    features = batch_to_device(model.preprocess(list(batch)), model.device)
    with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=bf16):
        scores = model(features)["scores"]
    scores.float().square().mean().backward()
    return perf_counter() - begun


def _machine(model: CrossEncoder) -> str:
    """Name what a measurement holds for."""
    config: Mapping[str, Any] = model.config.to_dict() if model.config is not None else {}
    parts = (
        cpu_name(),
        platform.machine(),
        f"{torch.get_num_threads()} threads",
        f"torch {torch.__version__}",
        str(config.get("model_type")),
        f"{config.get('num_hidden_layers')} x {config.get('hidden_size')}",
        f"{model.max_seq_length} tokens",
    )
    return ", ".join(parts)
