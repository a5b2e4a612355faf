"""Losses of sentence-transformers, built for a reranker with one score.

All but the two cross-entropies look at scores as they come: with the activation that the model is
published with, whatever is far apart would look alike to them, and nDCG collapses. So each gets
its activation here, and a recipe has no key for it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import losses
from torch import nn

from training.ml.sets.shapes import IN_BATCH
from training.spec.train import TrainSpec

# All pairs of a batch are read together, in parts of one length; not one list after the other.
_TOGETHER: Final = -1
_Build = Callable[[CrossEncoder, TrainSpec], nn.Module]


def loss_build(model: CrossEncoder, name: str, spec: TrainSpec) -> nn.Module:
    """Build the loss of this name, one of `training.spec.losses.LOSSES`."""
    return _BUILDERS[name](model, spec)


def _binary(model: CrossEncoder, spec: TrainSpec) -> nn.Module:
    weight = None if spec.pos_weight is None else torch.tensor(float(spec.pos_weight))
    return losses.BinaryCrossEntropyLoss(model, pos_weight=weight)


def _in_batch(model: CrossEncoder, _spec: TrainSpec) -> nn.Module:
    return losses.MultipleNegativesRankingLoss(
        model, num_negatives=IN_BATCH, scale=1, activation_fn=nn.Identity()
    )


def _in_batch_cached(model: CrossEncoder, spec: TrainSpec) -> nn.Module:
    return losses.CachedMultipleNegativesRankingLoss(
        model,
        num_negatives=IN_BATCH,
        scale=1,
        activation_fn=nn.Identity(),
        mini_batch_size=spec.per_device_eval_batch_size,
    )


def _listed(kind: Callable[..., nn.Module], **options: Any) -> _Build:
    def build(model: CrossEncoder, _spec: TrainSpec) -> nn.Module:
        return kind(model, activation_fn=nn.Identity(), mini_batch_size=_TOGETHER, **options)

    return build


def _plain(kind: Callable[..., nn.Module]) -> _Build:
    return lambda model, _spec: kind(model, activation_fn=nn.Identity())


_BUILDERS: Final[Mapping[str, _Build]] = {
    "BinaryCrossEntropyLoss": _binary,
    "CrossEntropyLoss": _plain(losses.CrossEntropyLoss),
    "MultipleNegativesRankingLoss": _in_batch,
    "CachedMultipleNegativesRankingLoss": _in_batch_cached,
    "LambdaLoss": _listed(losses.LambdaLoss),
    "ListNetLoss": _listed(losses.ListNetLoss),
    # Targets stand in any order in a list; the loss sorts by them.
    "PListMLELoss": _listed(losses.PListMLELoss, respect_input_order=False),
    "RankNetLoss": _listed(losses.RankNetLoss),
    "MSELoss": _plain(losses.MSELoss),
    "MarginMSELoss": _plain(losses.MarginMSELoss),
}
