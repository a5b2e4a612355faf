"""Layers that stand still while those above them learn."""

from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedModel

from training.ml.errors import BaseModelError
from training.ml.models.split import SplitCrossEncoder


def layers_freeze(model: SplitCrossEncoder, count: int) -> None:
    """Keep the first `count` layers as they are, and the embeddings below them; 0 keeps nothing.

    Raises BaseModelError as `layers_below` does.
    """
    for part in layers_below(model, count):
        part.requires_grad_(False)


def layers_below(model: SplitCrossEncoder, count: int) -> Sequence[nn.Module]:
    """Return the embeddings and the first `count` layers; nothing for 0.

    Raises BaseModelError where the model has no more layers than that, or none that can be told.
    """
    if not count:
        return ()
    inner = _inner(model)
    layers = _layers(inner)
    if len(layers) <= count:
        raise BaseModelError(
            f"The base model has {len(layers)} layers, of which {count} cannot be frozen: "
            "one at least has to learn.",
            f"Set frozen_layers to {max(0, len(layers) - 1)} at most.",
        )
    vectors = inner.get_input_embeddings()
    # With the word vectors goes what is added to them, where the model keeps these together.
    return (getattr(inner, "embeddings", vectors), *layers[:count])


def _inner(model: SplitCrossEncoder) -> PreTrainedModel:
    inner = getattr(model.transformers_model, "base_model", None)
    if not isinstance(inner, PreTrainedModel):
        raise _unknown()
    return inner


def _layers(inner: nn.Module) -> nn.ModuleList:
    """The list of the model's layers: the first that has as many as its configuration says."""
    wanted = getattr(getattr(inner, "config", None), "num_hidden_layers", None)
    for part in inner.modules():
        if isinstance(part, nn.ModuleList) and len(part) == wanted:
            return part
    raise _unknown()


def _unknown() -> BaseModelError:
    return BaseModelError(
        "Which layers the base model has cannot be told, so that none can be frozen.",
        "Set frozen_layers to 0, or choose another base model.",
    )
