"""The loss of the silver stage: the order of a list, as a distribution over its passages."""

from collections.abc import Sequence
from typing import Any, Final

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.util import batch_to_device
from torch import Tensor, nn

CHUNK: Final = 16  # pairs in one forward pass, of about one length


class SoftListLoss(nn.Module):
    """Cross-entropy between softmax(targets) and softmax(logits) of each list: ListNet's loss.

    Source: Cao et al. 2007 (ICML), with a teacher's soft targets in the place of grades. Unlike
    the library's ListNetLoss it reads the pairs of a step from the longest to the shortest in
    chunks, so that little is padded. All lists of a step have one length.
    """

    def __init__(self, model: CrossEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        inputs: Sequence[Sequence[Any]],
        labels: Sequence[Tensor],
        prompt: str | None = None,
        task: str | None = None,
    ) -> Tensor:
        """Return the mean over the lists; `inputs` are the queries and their lists of passages."""
        queries, lists = inputs
        pairs = [
            (query, passage)
            for query, own in zip(queries, lists, strict=True)
            for passage in own
        ]  # fmt: skip
        targets = torch.stack(list(labels)).to(self.model.device, torch.float32)
        logits = self._logits(pairs, prompt=prompt, task=task).view_as(targets)
        loss: Tensor = nn.functional.cross_entropy(logits, targets.softmax(dim=1))
        return loss

    def _logits(self, pairs: Sequence[tuple[str, str]], **asked: str | None) -> Tensor:
        order = sorted(range(len(pairs)), key=lambda row: -sum(map(len, pairs[row])))
        parts = []
        for start in range(0, len(order), CHUNK):
            chunk = [pairs[row] for row in order[start : start + CHUNK]]
            tokens = self.model.preprocess(chunk, **asked)
            parts.append(self.model(batch_to_device(tokens, self.model.device))["scores"].view(-1))
        place = torch.tensor(order, device=self.model.device).argsort()
        return torch.cat(parts).float()[place]
