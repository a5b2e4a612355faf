"""A scale and a shift of the logits, put into the weights of a cross-encoder's output layer."""

from collections.abc import Sequence
from typing import Any, Final

import torch
from sentence_transformers import CrossEncoder
from torch import nn

_AS_IS: Final = nn.Identity()
_CLOSE: Final = 1e-3


def scale_fold(
    model: CrossEncoder, scale: float, shift: float, texts: Sequence[tuple[str, str]]
) -> str | None:
    """Make every logit of `model` scale * logit + shift, from its weights on; None once it is so.

    The output layer is the last linear one with a single output that runs when `texts`, at least
    one pair of what the model reads, are scored: so it is found in any architecture, and in a head
    of sentence-transformers' own. What comes out of it must be the logit, and the logits must
    follow afterwards; otherwise the weights stay as they were, and a sentence says why.
    """
    before, layer, seen = _probe(model, texts)
    if layer is None:
        return "no linear layer with one output was found at the model's end"
    if seen.shape != before.shape or not torch.allclose(seen, before, rtol=_CLOSE, atol=_CLOSE):
        return "what the last linear layer gives is not the model's score"
    if getattr(layer, "bias", None) is None:
        return "the last linear layer has no bias to take the shift"
    kept = (layer.weight.detach().clone(), layer.bias.detach().clone())
    with torch.no_grad():
        layer.weight.mul_(scale)
        layer.bias.mul_(scale).add_(shift)
    after, _, _ = _probe(model, texts)
    if torch.allclose(after, scale * before + shift, rtol=_CLOSE, atol=_CLOSE * max(1.0, scale)):
        return None
    with torch.no_grad():
        layer.weight.copy_(kept[0])
        layer.bias.copy_(kept[1])
    return "the scores did not follow the weights of the last linear layer"


def _probe(
    model: CrossEncoder, texts: Sequence[tuple[str, str]]
) -> tuple[torch.Tensor, nn.Linear | None, torch.Tensor]:
    """Score texts; return the logits, the last layer with one output, and what came out of it.

    Both are sorted; a positive scale keeps that order.
    """
    ran: list[tuple[nn.Linear, torch.Tensor]] = []

    def note(module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(module, nn.Linear):
            ran.append((module, output.detach().float().cpu().reshape(-1)))

    layers = [m for m in model.modules() if isinstance(m, nn.Linear) and m.out_features == 1]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        logits = model.predict(
            list(texts),
            batch_size=len(texts),
            activation_fn=_AS_IS,
            convert_to_tensor=True,
            show_progress_bar=False,
        )
    finally:
        for hook in hooks:
            hook.remove()
    found = logits.detach().float().cpu().reshape(-1)
    if not ran:
        return found, None, found
    layer = ran[-1][0]
    # A batch that is read in parts runs it once for each.
    output = torch.cat([values for module, values in ran if module is layer])
    # `predict` reads the longest pair first and gives scores in the order that was asked for.
    return found.sort().values, layer, output.sort().values
