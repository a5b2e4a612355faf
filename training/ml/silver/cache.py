"""Results of the silver stage, kept by what they were made from: made once, then read in seconds.

An entry is a folder named by the digest of everything that its weights depend on. It appears whole
or not at all, is checked against its own sha256 when it is read, and the entries that were unused
for the longest time are removed once all together are larger than a bound.
"""

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.ml.silver.entries import FACTS, last_used, size_of

BOUND: Final = 4 << 30  # bytes
_WEIGHTS: Final = "weights.safetensors"


class SilverCache:
    """Weights and facts by key in a folder, which any number of processes may share."""

    def __init__(self, folder: Path, *, bound: int = BOUND) -> None:
        self._folder, self._bound = folder, bound

    def load(self, key: str, model: nn.Module) -> dict[str, Any] | None:
        """Put an entry's weights into `model` and return its facts; None where there is none.

        An entry that is damaged, or of another architecture, is removed.
        """
        entry = self._folder / key
        if not entry.is_dir():
            return None
        try:
            facts: dict[str, Any] = json.loads((entry / FACTS).read_text(encoding="utf-8"))
            if _digest(entry / _WEIGHTS) != facts["weights_sha256"]:
                raise ValueError("other weights than those that were kept")
            model.load_state_dict(load_file(entry / _WEIGHTS), strict=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError):
            shutil.rmtree(entry, ignore_errors=True)
            return None
        os.utime(entry / FACTS)
        return facts

    def store(self, key: str, model: nn.Module, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a model's weights and facts, and return these with the weights' sha256.

        The first of two that are made at once stays.

        Raises OSError or SafetensorError where the disk is full.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._folder, prefix=".new-") as scratch:
            part = Path(scratch) / "entry"
            part.mkdir()
            save_file(_tensors(model), part / _WEIGHTS)
            kept = {**facts, "weights_sha256": _digest(part / _WEIGHTS)}
            (part / FACTS).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
            if not (self._folder / key).exists():
                part.rename(self._folder / key)
        self._trim(key)
        return kept

    def _trim(self, newest: str) -> None:
        """Remove what was unused for the longest time until the rest fits; never the newest."""
        entries = sorted(
            (entry for entry in self._folder.glob("[0-9a-f]*") if entry.name != newest),
            key=last_used,
            reverse=True,
        )
        held = size_of(self._folder / newest)
        for entry in entries:
            held += size_of(entry)
            if held > self._bound:
                shutil.rmtree(entry, ignore_errors=True)


def key_of(parts: Mapping[str, Any]) -> str:
    """Return the digest of everything that a result depends on; JSON-able values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    # safetensors refuses tensors that share memory, which copies do not.
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
