"""The host that a backend was chosen on: what would make another one the fastest, or another."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from sentence_transformers import CrossEncoder

from training.ml.backends.base import versions
from training.ml.backends.kept import Kept
from training.ml.hardware import cpu_name

COMPUTING: Final = (
    "torch",
    "transformers",
    "sentence-transformers",
    "openvino",
    "nncf",
    "onnx",
    "onnxruntime",
    "onnxscript",
)
MADE: Final = 2
"""Counts up where conversion or choice changes here, so that nothing older is used."""


def host_facts(device: str) -> Mapping[str, Any]:
    """Return processor, GPU, threads and the versions of every library that computes."""
    return {
        "cpu": cpu_name(),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else "",
        "device": device,
        "threads": torch.get_num_threads(),
        "libraries": versions(COMPUTING),
        "made": MADE,
    }


def kept_for(root: Path, model: CrossEncoder, *, weights: str) -> Kept:
    """Return what is kept below `root` for a model on this host; `weights` is their sha256."""
    host = {**host_facts(model.device.type), "config": _config_digest(model)}
    return Kept(root, weights=weights, host=host)


def _config_digest(model: CrossEncoder) -> str:
    """Tell models apart that compute other things with equal weights."""
    config = {} if model.config is None else model.config.to_dict()
    said = {name: value for name, value in config.items() if not name.startswith("_")}
    written = json.dumps([said, model.max_seq_length], sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()
