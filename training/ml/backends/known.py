"""The backends there are, in the order in which they are tried: what is usually fastest first."""

from collections.abc import Mapping
from typing import Final

from training.ml.backends.base import Backend
from training.ml.backends.eager import Eager
from training.ml.backends.onnx import Onnx
from training.ml.backends.vino import Vino
from training.spec.score import TORCH

BACKENDS: Final[Mapping[str, Backend]] = {
    each.name: each
    for each in (
        Eager(TORCH),
        Vino("openvino-int8-bf16", precision="bf16", int8=True),
        Vino("openvino-int8", int8=True),
        Vino("openvino-bf16", precision="bf16"),
        Eager("torch-bf16", bf16=True),
        Onnx("onnx-int8", int8=True),
        Vino("openvino"),
        Onnx("onnx"),
    )
}
