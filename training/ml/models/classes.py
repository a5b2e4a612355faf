"""Grades learned as classes by a model that is published with one score.

While it trains, the output layer has one logit for each class. The score of a pair is the sum of
the logits, each weighted by 2 t - 1 of its class's target t: with two classes that is their log
odds. A weighted sum of a linear layer's outputs is a linear layer with one, so that the model that
is published is like any other.
"""

from collections.abc import Sequence

import torch
from torch import nn

from training.ml.errors import BaseModelError
from training.ml.models.split import SplitCrossEncoder


def classes_open(model: SplitCrossEncoder, targets: Sequence[float]) -> None:
    """Give the model a logit for each class; `targets` are theirs, in [0, 1] and rising.

    In training it gives all of them, otherwise their score. Drawn from torch's seed. Raises
    BaseModelError where the model ends in no linear layer with one output.
    """
    name, layer = _output(model)
    fresh = nn.Linear(layer.in_features, len(targets), bias=layer.bias is not None)
    nn.init.normal_(fresh.weight, std=0.02)
    if fresh.bias is not None:
        nn.init.zeros_(fresh.bias)
    model.set_submodule(name, fresh.to(layer.weight.device))
    model.class_weights = torch.tensor([2 * target - 1 for target in targets])
    model.class_layer = name


def classes_fold(model: SplitCrossEncoder) -> None:
    """Put the weights of the classes into the output layer, which then has one output again."""
    weights, name = model.class_weights, model.class_layer
    if weights is None or name is None:
        return
    wide = model.get_submodule(name)
    if not isinstance(wide, nn.Linear):
        raise TypeError(f"{name} is no linear layer")
    folded = nn.Linear(wide.in_features, 1, bias=wide.bias is not None)
    with torch.no_grad():
        folded.weight.copy_((weights @ wide.weight.cpu())[None])
        if wide.bias is not None:
            folded.bias.copy_((weights @ wide.bias.cpu())[None])
    model.set_submodule(name, folded.to(wide.weight.device))
    model.class_weights = model.class_layer = None


def _output(model: SplitCrossEncoder) -> tuple[str, nn.Linear]:
    found = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == 1
    ]
    if not found:
        raise BaseModelError(
            "The base model ends in no linear layer with one output, which grades as classes need.",
            "Choose another loss, or another base model.",
        )
    return found[-1]
