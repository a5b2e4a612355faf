"""A cross-encoder that pads no text to the length of a much longer one."""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder
from torch import Tensor

# What one more pass costs beside its tokens, in tokens: measured with MiniLM-L6 on two cores.
PASS_TOKENS: Final = 96


class SplitCrossEncoder(CrossEncoder):
    """Reads a padded batch in parts of about one length each; scores and gradients are the same.

    Losses and `predict` pad a batch to its longest text. Texts of passages vary, so that half of
    what is computed is padding; on a CPU, where large batches gain nothing, parts cost less. On a
    GPU the batch is left whole: there `LengthBatchSampler` groups texts before they get here.
    `read` counts pairs and tokens, without padding, that were read in training; `in_parts` may be
    set to False. The class attributes are those of `training.ml.models.classes`.
    """

    read: tuple[int, int] = (0, 0)
    in_parts: bool = True
    class_weights: Tensor | None = None
    class_layer: str | None = None

    # The library names its argument as a builtin is named; it is given by position only.
    def forward(self, *batch: Any, **kwargs: Any) -> dict[str, Any]:
        """Score the one batch that is given; see `CrossEncoder.forward`."""
        # A plain dictionary: in others, several processes would not find what gradients flow from.
        found = dict(self._read(batch[0], **kwargs))
        if self.class_weights is not None and not self.training:
            weights = self.class_weights.to(found["scores"].device)
            found["scores"] = (found["scores"].float() @ weights)[:, None]
        return found

    def _read(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        mask = features.get("attention_mask")
        if not isinstance(mask, Tensor) or mask.ndim != 2:
            return super().forward(features, **kwargs)
        if self.training:
            self.read = (self.read[0] + len(mask), self.read[1] + int(mask.sum()))
        # Texts that are padded on the left stand at other places without their padding.
        whole = not self.in_parts or mask.device.type != "cpu"
        if whole or not bool(mask[:, 0].all()):
            return super().forward(features, **kwargs)
        lengths = mask.sum(dim=1).numpy()
        order = np.argsort(-lengths, kind="stable")
        ends = parts_of(lengths[order])
        if len(ends) == 1 and lengths[order[0]] == mask.shape[1]:
            return super().forward(features, **kwargs)
        scores, begin = [], 0
        for end in ends:
            rows = torch.from_numpy(order[begin:end])
            part = _part(features, rows, int(lengths[order[begin]]), mask)
            scores.append(super().forward(part, **kwargs)["scores"])
            begin = end
        back = torch.from_numpy(np.argsort(order, kind="stable"))
        return {**features, "scores": torch.cat(scores)[back]}


def parts_of(lengths: NDArray[Any]) -> list[int]:
    """Cut rows of falling length where that computes the fewest tokens; returns where parts end.

    A part costs its rows times its longest length, and `PASS_TOKENS`.
    """
    n = len(lengths)
    cost, cut = np.zeros(n + 1), np.zeros(n + 1, dtype=np.int64)
    for end in range(1, n + 1):
        begin = np.arange(end)
        total = cost[:end] + lengths[:end] * (end - begin) + PASS_TOKENS
        cut[end] = int(np.argmin(total))
        cost[end] = total[cut[end]]
    ends: list[int] = []
    end = n
    while end:
        ends.append(end)
        end = int(cut[end])
    return ends[::-1]


def _part(features: dict[str, Any], rows: Tensor, longest: int, mask: Tensor) -> dict[str, Any]:
    """Take rows of a batch without the columns in which all of them are padding."""
    part = dict(features)
    for name, value in features.items():
        if isinstance(value, Tensor) and value.shape[:1] == mask.shape[:1]:
            own = value[rows]
            part[name] = own[:, :longest] if value.shape[1:2] == mask.shape[1:2] else own
    return part
