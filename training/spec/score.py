"""What a scoring job does: which candidates a version scores, and where the scores are kept.

No Django and no torch, as `training.spec.train`; the version that scores is the job's `base_model`.
"""

from dataclasses import dataclass
from typing import Final

from training.spec.base import Spec, key

ALL: Final = "all"
UNJUDGED: Final = "unjudged"
AUTO: Final = "auto"
TORCH: Final = "torch"
BACKENDS: Final = (
    AUTO,
    TORCH,
    "torch-bf16",
    "openvino",
    "openvino-bf16",
    "openvino-int8",
    "openvino-int8-bf16",
    "onnx",
    "onnx-int8",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSpec(Spec):
    """The spec of a scoring job. Build it from outside input with `from_dict` only."""

    candidates: str = key(
        "choice",
        ALL,
        "Which candidates are scored: `all`, or those `unjudged`, without a judgment that counts.",
        group="queries",
        choices=(ALL, UNJUDGED),
    )
    per_query: int | None = key(
        "integer",
        None,
        "Candidates scored for each query at most, by their best rank in other runs; null: all.",
        group="queries",
        minimum=1,
        maximum=100_000,
        nullable=True,
    )
    run: str | None = key(
        "run",
        None,
        "Run that keeps the scores and ranks; null: the version's name, as in `finder@v3`.",
        group="systems",
        nullable=True,
    )
    backend: str = key(
        "choice",
        AUTO,
        "What computes the scores: `auto`, the fastest on this host that is faithful to `torch`,"
        " or the one named, if it is. Each is measured before it is used.",
        group="systems",
        choices=BACKENDS,
    )
    batch_size: int = key(
        "integer",
        32,
        "Pairs scored at once, of 128 tokens each: of longer ones fewer, of shorter ones more.",
        group="systems",
        minimum=1,
        maximum=4096,
    )
