"""ONNX Runtime on the CPU: float32, and int8 weights with activations quantised as they come.

The graph comes from torch's own exporter (`dynamo=True`), with dynamic shapes.
"""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder
from transformers import PreTrainedModel

from training.ml.backends.base import Texts, encoder_of, on_cpu, packages_missing
from training.ml.scoring import Forward
from training.ml.tokenised import Features, Tokenised

FILE: Final = "model.onnx"
REQUIREMENTS: Final = "requirements-onnx.txt"
OPSET: Final = 18
_EXAMPLE: Final = ("what is a file", "A file is a named sequence of bytes.")


@dataclass(frozen=True, slots=True)
class Onnx:
    """`int8` quantises the weights of every matrix product, per channel, before it is loaded."""

    name: str
    int8: bool = False

    @property
    def files(self) -> str:
        """The graph's folder."""
        return "onnx-int8" if self.int8 else "onnx"

    def missing(self, model: CrossEncoder) -> str:
        """Say which package is missing, or that the model is on a GPU, which needs none of this."""
        if not on_cpu(model):
            return "it runs on the CPU only"
        return packages_missing(("onnxruntime", "onnx", "onnxscript"), REQUIREMENTS)

    def convert(self, model: CrossEncoder, texts: Texts, folder: Path) -> None:
        """Export the model, quantise it where asked for, and write the graph with its weights."""
        path = folder / FILE
        _export(model, path)
        if self.int8:
            _quantise(path)

    def load(self, model: CrossEncoder, folder: Path) -> Forward:
        """Open a session with as many threads as torch has."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(
            str(folder / FILE), options, providers=["CPUExecutionProvider"]
        )
        names = [each.name for each in session.get_inputs()]

        def forward(features: Features) -> NDArray[np.float32]:
            found = session.run(None, {name: features[name] for name in names})
            logits: NDArray[np.float32] = found[0][:, 0]
            return logits

        return forward


class _Graph(torch.nn.Module):
    """The encoder with nothing but its logits."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        logits: torch.Tensor = self.encoder(**inputs, return_dict=True).logits
        return logits


def _export(model: CrossEncoder, path: Path) -> None:
    # Two pairs of several tokens: a size of 1 would be taken as fixed.
    _, features = next(Tokenised(model, [_EXAMPLE, _EXAMPLE]).batches(2))
    inputs = {name: torch.from_numpy(ids) for name, ids in features.items()}
    free = torch.export.Dim.DYNAMIC
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of packages that the exporter knows and we lack
            program = torch.onnx.export(
                _Graph(encoder_of(model)).eval(),
                kwargs={"inputs": inputs},
                dynamo=True,
                dynamic_shapes={"inputs": {name: {0: free, 1: free} for name in inputs}},
                input_names=list(inputs),
                output_names=["logits"],
                opset_version=OPSET,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    if program is None:
        raise RuntimeError("the exporter returned nothing")
    program.save(str(path))


def _quantise(path: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph: Any = onnx.load(str(path))
    # Shapes that the exporter noted contradict those that onnx infers for transposed weights.
    del graph.graph.value_info[:]
    onnx.save(graph, str(path))
    exact = path.with_name("exact.onnx")
    path.rename(exact)
    quantize_dynamic(exact, path, per_channel=True, weight_type=QuantType.QInt8)
    exact.unlink()
