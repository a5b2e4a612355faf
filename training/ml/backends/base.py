"""What a backend is: another way to compute a cross-encoder's logits than torch in float32."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Transformer
from transformers import PreTrainedModel

from training.ml.scoring import Forward

Texts = Sequence[tuple[str, str]]
"""(query text, passage text) pairs, templates applied."""


class Backend(Protocol):
    """One backend; its files, if it needs any, are made once and then loaded by any process.

    `files` names the folder of its conversion: two backends that read the same files have the same
    name there, and one that reads none has an empty one.
    """

    @property
    def name(self) -> str: ...

    @property
    def files(self) -> str: ...

    def missing(self, model: CrossEncoder) -> str:
        """Say why it cannot score with this model here; empty where it can."""
        ...

    def convert(self, model: CrossEncoder, texts: Texts, folder: Path) -> None:
        """Write its files into a folder that is there and empty.

        `texts` are some of those to be scored; nothing but ranges of activations is kept of them.
        """
        ...

    def load(self, model: CrossEncoder, folder: Path) -> Forward:
        """Return what computes the logits, from its files in `folder`."""
        ...


def packages_missing(names: Sequence[str], file: str) -> str:
    """Say which of the packages are not installed, and how to install them; empty for none."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f"{' and '.join(missing)} not installed (pip install -r {file})"


def versions(names: Sequence[str]) -> Mapping[str, str]:
    """Return the version of each distribution that is installed."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def encoder_of(model: CrossEncoder) -> PreTrainedModel:
    """Return the transformers model within; raises TypeError where it is no plain encoder."""
    first = model[0]
    if not isinstance(first, Transformer) or not isinstance(first.model, PreTrainedModel):
        raise TypeError("the cross-encoder is no transformers model")
    return first.model


def on_cpu(model: CrossEncoder) -> bool:
    """Say whether the model is on the CPU, where the converted backends run."""
    return model.device.type == "cpu"
