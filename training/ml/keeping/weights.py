"""A model's weights in a file of their own, as they are in memory."""

from pathlib import Path

from safetensors.torch import load_model, save_model
from sentence_transformers import CrossEncoder

WEIGHTS = "model.safetensors"


def weights_write(model: CrossEncoder, folder: Path) -> None:
    """Write a model's weights alone."""
    save_model(model, str(folder / WEIGHTS))


def weights_read(model: CrossEncoder, folder: Path) -> None:
    """Read them back into a model of the same shape."""
    load_model(model, str(folder / WEIGHTS), device=str(model.device))
