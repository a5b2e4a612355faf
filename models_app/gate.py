"""What may enter the registry: safetensors, JSON and plain text; nothing that runs when loaded.

Every file of a folder is looked at before any is stored, and every reason for refusal is given at
once. Nothing is unpickled, imported or executed to find out.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from django.core.exceptions import ValidationError
from safetensors import SafetensorError, safe_open

from models_app.models import ARTIFACT_SUFFIXES

CARD: Final = "README.md"
MANIFEST: Final = "manifest.json"
PATH_MAX_LENGTH: Final = 255

_PICKLES: Final = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy"})
_WEIGHTS: Final = frozenset({".h5", ".msgpack", ".onnx", ".ot", ".gguf", ".npz", ".tflite", ".pb"})
_OWN_MODULES: Final = ("sentence_transformers.", "torch.nn.")


@dataclass(frozen=True, slots=True)
class GatedFile:
    """A file that may be published: its path within the model, `/`-separated, and where it lies."""

    path: str
    source: Path


def folder_gate(folder: Path) -> list[GatedFile]:
    """Return the publishable files of a model's folder, sorted by path.

    The folder's own README.md is left out: the registry writes the card. Raises ValidationError on
    `files` with one message per refused file: symbolic links, pickles, code, other weight formats,
    damaged safetensors or JSON, and configurations that name code of their own (`auto_map`, module
    classes outside sentence-transformers and torch.nn).
    """
    if not folder.is_dir() or folder.is_symlink():
        raise ValidationError({"files": "There is no such folder."})
    found = sorted(_walk(folder), key=lambda file: file.path)
    refused = [f"{file.path}: {reason}" for file in found if (reason := _refusal(file))]
    paths = {file.path for file in found}
    refused += _case_collisions(paths)
    if "config.json" not in paths:
        refused.append("config.json is missing: this is not a saved model.")
    if not any(path.endswith(".safetensors") for path in paths):
        refused.append("There are no weights: save the model as safetensors.")
    if refused:
        raise ValidationError({"files": refused})
    return [file for file in found if file.path != CARD]


def _walk(folder: Path) -> Iterator[GatedFile]:
    """Yield everything below a folder that is no directory; links are yielded, never followed."""
    for entry in folder.rglob("*"):
        if entry.is_symlink() or not entry.is_dir():
            yield GatedFile(entry.relative_to(folder).as_posix(), entry)


def _refusal(file: GatedFile) -> str | None:
    """Say why a file is refused, or return None."""
    if file.source.is_symlink():
        return "symbolic links are refused, since they may point out of the model."
    if not file.source.is_file():
        return "only regular files can be published."
    return path_refusal(file.path) or _content_refusal(file)


def path_refusal(path: str) -> str | None:
    """Say why no file of this path can be published, or return None."""
    if (
        len(path.encode(errors="replace")) > PATH_MAX_LENGTH
        or not path.isprintable()
        or "\\" in path
    ):
        return "the path is too long or holds characters that not every system can store."
    if path == MANIFEST:
        return "this name is kept for the list of files that the archive adds."
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "the path does not lead to a file within the model."
    if any(part.startswith(".") for part in parts):
        return "hidden files are no part of a model."
    suffix = Path(path).suffix.lower()
    if suffix in _PICKLES:
        return "pickles run code when they are loaded; save the model as safetensors."
    if suffix in _WEIGHTS:
        return "only safetensors weights are published."
    if suffix == ".py":
        return "code is never published with a model."
    if suffix not in ARTIFACT_SUFFIXES:
        return f"files of this kind ({suffix or 'no suffix'}) are no part of a model."
    return None


def path_clash(paths: Iterable[str]) -> str | None:
    """Return a path that is a file and a folder at once, None where there is none."""
    known = set(paths)
    above = {parent.as_posix() for path in known for parent in PurePosixPath(path).parents}
    return min(known & above, default=None)


def _content_refusal(file: GatedFile) -> str | None:
    suffix = file.source.suffix.lower()
    if suffix == ".safetensors":
        return _safetensors_refusal(file.source)
    if suffix == ".json":
        return _json_refusal(file)
    return None


def _safetensors_refusal(path: Path) -> str | None:
    """Read the header with the library itself; what merely bears the name does not pass."""
    try:
        with safe_open(path, framework="numpy"):
            return None
    except SafetensorError as error:
        return f"not a safetensors file ({error})."


def _json_refusal(file: GatedFile) -> str | None:
    try:
        content = json.loads(file.source.read_bytes())
    except (ValueError, RecursionError) as error:
        return f"not valid JSON ({error})."
    if _names_code(content):
        return "`auto_map` makes clients run code of the model's author; it is refused."
    if file.path == "modules.json":
        return _modules_refusal(content)
    if file.path == "config_sentence_transformers.json" and isinstance(content, dict):
        activation = content.get("activation_fn")
        if isinstance(activation, str) and not activation.startswith(_OWN_MODULES):
            return f"the activation {activation!r} is code outside torch.nn; it is refused."
    return None


def _names_code(content: Any) -> bool:
    """Say whether `auto_map` is set anywhere; a number is a token's place in a vocabulary."""
    if isinstance(content, dict):
        value = content.get("auto_map")
        if value is not None and not isinstance(value, int | float):
            return True
        return any(_names_code(inner) for inner in content.values())
    return isinstance(content, list) and any(_names_code(inner) for inner in content)


def _modules_refusal(content: Any) -> str | None:
    if not isinstance(content, list) or not all(isinstance(module, dict) for module in content):
        return "a list of modules is expected."
    for module in content:
        kind = str(module.get("type", ""))
        if not kind.startswith(_OWN_MODULES):
            return f"the module class {kind!r} is code outside sentence-transformers."
    return None


def _case_collisions(paths: set[str]) -> list[str]:
    """Name paths that differ in case only: they overwrite each other on some systems."""
    seen: dict[str, str] = {}
    messages = []
    for path in sorted(paths):
        other = seen.setdefault(path.casefold(), path)
        if other != path:
            messages.append(f"{path}: differs from {other} in case only.")
    return messages
