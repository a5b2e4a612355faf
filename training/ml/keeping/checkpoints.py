"""What a training run keeps so that it goes on where its process died, and ends the same.

Weights and the optimiser's moments are safetensors; all else is JSON, whose numbers come back as
they were. Nothing is pickled: what a trainer reads must not be able to run code, in its own work
folder neither.
"""

import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.ml.files import Fill, folder_write

PREFIX: Final = "checkpoint-"
_RNG: Final = "rng.safetensors"
_RANKS: Final = "ranks"
_RNG_PLAIN: Final = "rng.json"


class Checkpoints:
    """The newest checkpoint of one run, in a folder that survives the process.

    A checkpoint appears whole or not at all, and then the one before it goes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self) -> Path | None:
        """Return the newest checkpoint."""
        found = [(_step(path), path) for path in self._folder.glob(f"{PREFIX}*") if _step(path)]
        return max(found)[1] if found else None

    def write(self, step: int, fill: Fill) -> Path:
        """Keep what `fill` writes into the folder that it is given, as of `step`."""
        path = self._folder / f"{PREFIX}{step}"
        folder_write(path, fill)
        for other in self._folder.glob(f"{PREFIX}*"):
            if other != path:
                shutil.rmtree(other, ignore_errors=True)
        return path

    def chance_write(self, rank: int) -> None:
        """Keep the chance of a process that is not the first, for the next checkpoint."""
        folder = self._folder / _RANKS
        folder.mkdir(parents=True, exist_ok=True)
        rng_write(folder, rank)

    def chance_take(self, path: Path) -> None:
        """Keep the chance of this process in a checkpoint, beside that of all others."""
        rng_write(path)
        for other in self._folder.glob(f"{_RANKS}/*"):
            shutil.copyfile(other, path / other.name)

    def clear(self) -> None:
        """Remove all of them."""
        for path in self._folder.glob(f"{PREFIX}*"):
            shutil.rmtree(path, ignore_errors=True)


def optimizer_write(path: Path, state: Mapping[str, Any]) -> dict[str, Any]:
    """Write an optimiser's tensors; returns what is left of its `state_dict`, JSON-able."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, dict[str, Any]] = {}
    for number, values in state["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{number}.{name}"] = value.detach().contiguous().cpu()
            else:
                plain.setdefault(str(number), {})[name] = value
    save_file(tensors, path)
    return {"groups": state["param_groups"], "plain": plain}


def optimizer_read(path: Path, left: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `state_dict` that `optimizer_write` took apart."""
    state: dict[int, dict[str, Any]] = {
        int(number): dict(values) for number, values in left["plain"].items()
    }
    for key, tensor in load_file(path).items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = tensor
    return {"state": state, "param_groups": left["groups"]}


def rng_write(folder: Path, rank: int = 0) -> None:
    """Keep the state of every source of chance that training draws from."""
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    tensors = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors["cuda"] = torch.cuda.get_rng_state()
    save_file(tensors, folder / f"{rank}-{_RNG}")
    version, internal, gauss = random.getstate()
    plain = {
        "python": [version, list(internal), gauss],
        "numpy": [name, np.asarray(keys).tolist(), position, has_gauss, cached],
    }
    (folder / f"{rank}-{_RNG_PLAIN}").write_text(json.dumps(plain), encoding="utf-8")


def rng_read(folder: Path, rank: int = 0) -> None:
    """Draw on as if the process had never died."""
    tensors = load_file(folder / f"{rank}-{_RNG}")
    torch.set_rng_state(tensors["torch"])
    if "cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["cuda"])
    plain = json.loads((folder / f"{rank}-{_RNG_PLAIN}").read_text(encoding="utf-8"))
    version, internal, gauss = plain["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, position, has_gauss, cached = plain["numpy"]
    state = (name, np.array(keys, dtype=np.uint32), position, has_gauss, cached)
    np.random.set_state(state)


def _step(path: Path) -> int:
    number = path.name.removeprefix(PREFIX)
    return int(number) if number.isdigit() else 0
