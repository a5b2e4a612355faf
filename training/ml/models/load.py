"""A base that was found, loaded as a cross-encoder. No code that comes with a model is run."""

from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from sentence_transformers.cross_encoder.model_card import CrossEncoderModelCardData
from transformers import set_seed

from training.ml.errors import BaseModelError, resource_error
from training.ml.models.check import model_check, tokens_limit
from training.ml.models.find import Base
from training.ml.models.split import SplitCrossEncoder

LENGTH: Final = 512
"""Tokens that a model reads which sets no limit."""


def base_load(
    base: Base, *, seed: int, max_length: int | None, device: str | None = None
) -> SplitCrossEncoder:
    """Load a base as a cross-encoder with one output, in float32, with a Sigmoid activation.

    A missing head is drawn from `seed`. `max_length` is in tokens; None: as many as the model says
    that it reads, and can. Raises BaseModelError with a
    message for the user, ResourceError where memory runs out.
    """
    set_seed(seed)
    model = _load(base.folder, device)
    if max_length is None:
        said = (tokens_limit(model), model.max_seq_length)
        max_length = min((limit for limit in said if limit), default=LENGTH)
    model_check(model, max_length)
    model.max_seq_length = max_length
    return model


def _load(folder: Path, device: str | None) -> SplitCrossEncoder:
    try:
        model: SplitCrossEncoder = SplitCrossEncoder(
            str(folder),
            num_labels=1,
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            # Weights stored in half precision would be trained in it and diverge.
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            activation_fn=torch.nn.Sigmoid(),
            # Otherwise the library looks the base up on the Hub for its own card.
            model_card_data=CrossEncoderModelCardData(local_files_only=True),
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        if named := resource_error(error):
            raise named from error
        detail = str(error).strip().splitlines()[0:1]
        raise BaseModelError(
            f"The base model cannot be loaded: {' '.join(detail) or type(error).__name__}",
            "Its files may be damaged or need another library version; choose another base model.",
        ) from error
    return model
