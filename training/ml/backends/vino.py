"""OpenVINO on the CPU: float32, bfloat16, and int8 weights and activations through NNCF, with
either of them for what is not quantised.

The graph is converted from the torch module in memory, with dynamic shapes; what is stored is
OpenVINO's own XML and its weights as plain bytes.
"""

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
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

FILE: Final = "model.xml"
REQUIREMENTS: Final = "requirements-fast.txt"
SAMPLES: Final = 48  # texts that the ranges of activations are measured on
_TELEMETRY: Final = "openvino_telemetry"


@dataclass(frozen=True, slots=True)
class Vino:
    """`precision` is OpenVINO's name of what it computes in; `int8` quantises the graph before."""

    name: str
    precision: str = "f32"
    int8: bool = False

    @property
    def files(self) -> str:
        """The graph's folder: what differs in precision alone reads the same one."""
        return "openvino-int8" if self.int8 else "openvino"

    def missing(self, model: CrossEncoder) -> str:
        """Say which package is missing, or that the model is on a GPU, which needs none of this."""
        if not on_cpu(model):
            return "it runs on the CPU only"
        return packages_missing(("openvino", "nncf") if self.int8 else ("openvino",), REQUIREMENTS)

    def convert(self, model: CrossEncoder, texts: Texts, folder: Path) -> None:
        """Convert the model, quantise it where asked for, and write XML and weights."""
        openvino = openvino_import()
        graph = _graph(openvino, model, texts)
        if self.int8:
            graph = _quantised(graph, model, texts)
        openvino.save_model(graph, str(folder / FILE), compress_to_fp16=False)

    def load(self, model: CrossEncoder, folder: Path) -> Forward:
        """Compile the graph for this CPU, with as many threads as torch has."""
        openvino = openvino_import()
        compiled = openvino.Core().compile_model(
            str(folder / FILE),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": self.precision,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            },
        )
        request = compiled.create_infer_request()
        names = [each.get_any_name() for each in compiled.inputs]

        def forward(features: Features) -> NDArray[np.float32]:
            found = request.infer({name: features[name] for name in names})
            logits: NDArray[np.float32] = np.array(found[0][:, 0], dtype=np.float32)
            return logits

        return forward


def openvino_import() -> Any:
    """Import OpenVINO so that it, and NNCF after it, report nothing to their makers.

    Both send events through a package of their own as soon as they are imported, unless a file in
    the home folder forbids it; both go without where that package cannot be imported.
    """
    nothing: Any = None  # what Python takes as "cannot be imported"
    if "openvino" not in sys.modules:
        sys.modules[_TELEMETRY] = nothing
    import openvino

    return openvino


class _Graph(torch.nn.Module):
    """The encoder with its inputs in a fixed order, and nothing but its logits."""

    def __init__(self, encoder: PreTrainedModel, names: tuple[str, ...]) -> None:
        super().__init__()
        self.encoder, self.names = encoder, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        values = dict(zip(self.names, inputs, strict=True))
        logits: torch.Tensor = self.encoder(**values, return_dict=True).logits
        return logits


def _graph(openvino: Any, model: CrossEncoder, texts: Texts) -> Any:
    features = next(_features(model, texts[:2]))
    names = tuple(features)
    inputs = tuple(torch.from_numpy(features[name]) for name in names)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of tracing: shapes are dynamic, as tests show
        graph = openvino.convert_model(
            _Graph(encoder_of(model), names).eval(),
            example_input=inputs,
            input=[(openvino.PartialShape([-1, -1]), openvino.Type.i64) for _ in names],
        )
    for port, name in zip(graph.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    return graph


def _quantised(graph: Any, model: CrossEncoder, texts: Texts) -> Any:
    import nncf

    nncf.set_log_level(logging.ERROR)
    samples = list(_features(model, _spread(texts)))
    return nncf.quantize(
        graph,
        nncf.Dataset(samples, dict),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
    )


def _features(model: CrossEncoder, texts: Texts) -> Iterator[Mapping[str, NDArray[np.int64]]]:
    """Yield the features of one pair after the other: ranges are measured without padding."""
    for pair in texts:
        for _, features in Tokenised(model, [pair]).batches(1):
            yield features


def _spread(texts: Texts) -> Texts:
    """Return some texts of every length."""
    ordered = sorted(texts, key=lambda pair: len(pair[0]) + len(pair[1]))
    return ordered[:: max(1, len(ordered) // SAMPLES)][:SAMPLES]
