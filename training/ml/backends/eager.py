"""torch itself: in the precision of the weights, and under bfloat16 autocast."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from training.ml.backends.base import Texts
from training.ml.scoring import Forward, torch_forward
from training.ml.tokenised import Features


@dataclass(frozen=True, slots=True)
class Eager:
    """Needs no files; on whatever device the model is."""

    name: str
    bf16: bool = False
    files: str = ""

    def missing(self, model: CrossEncoder) -> str:
        """Say why it cannot be used; only bfloat16 on older GPUs cannot."""
        cuda = model.device.type == "cuda"
        if self.bf16 and cuda and not torch.cuda.is_bf16_supported(including_emulation=False):
            return "this GPU does not compute in bfloat16"
        return ""

    def convert(self, model: CrossEncoder, texts: Texts, folder: Path) -> None:
        """Do nothing: there are no files."""

    def load(self, model: CrossEncoder, folder: Path) -> Forward:
        """Return the model, under autocast where that is asked for; logits are in float32."""
        plain = torch_forward(model)
        if not self.bf16:
            return plain

        def forward(features: Features) -> NDArray[np.float32]:
            with torch.autocast(model.device.type, dtype=torch.bfloat16):
                return plain(features)

        return forward
