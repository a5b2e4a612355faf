"""What a folder of model files and a loaded base must look like before they are used."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from training.ml.errors import BaseModelError

if TYPE_CHECKING:  # web processes check folders, and never import torch
    from sentence_transformers import CrossEncoder

_ENCODER: Final = (
    "Choose a cross-encoder or an encoder such as cross-encoder/ms-marco-MiniLM-L6-v2."
)
_GENERATORS: Final = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
# Tokenizers without a limit of their own report an astronomic one.
_NO_LIMIT: Final = 10**6


def folder_check(folder: Path) -> None:
    """Raise BaseModelError unless the folder can be loaded as data: no pickle and no code."""
    config = _config(folder)
    _check_files(folder)
    _check_code(folder, config)
    names = _architectures(config)
    if any(str(name).endswith(_GENERATORS) for name in names):
        raise BaseModelError(f"The base model generates text ({names[0]}).", _ENCODER)
    if not head_is_fresh(folder) and _label_count(config) != 1:
        raise BaseModelError(
            f"The base model gives {_label_count(config)} scores per pair; a reranker gives one.",
            _ENCODER,
        )


def head_is_fresh(folder: Path) -> bool:
    """Say whether the base comes without an output layer, which is then drawn at random."""
    names = _architectures(_config(folder))
    return not any(str(name).endswith("ForSequenceClassification") for name in names)


def model_check(model: "CrossEncoder", max_length: int) -> None:
    """Raise BaseModelError unless the loaded model can score batches of `max_length` tokens."""
    tokenizer, config = model.tokenizer, model.config
    if tokenizer.pad_token is None:
        raise BaseModelError("The base model has no pad token, so that it cannot batch.", _ENCODER)
    size = getattr(config, "vocab_size", None)
    if size is not None and len(tokenizer) > size:
        raise BaseModelError(
            f"The tokenizer knows {len(tokenizer)} tokens, the base model only {size}.",
            "The folder mixes files of two models; choose another base model.",
        )
    limit = tokens_limit(model)
    if limit is not None and max_length > limit:
        raise BaseModelError(
            f"The base model takes at most {limit} tokens; max_length is {max_length}.",
            f"Set max_length to {limit} or less.",
        )


def tokens_limit(model: "CrossEncoder") -> int | None:
    """Return how many tokens a loaded model takes, None where it sets no limit."""
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions:
        positions -= _unused_positions(model)
    limits = (positions, model.tokenizer.model_max_length)
    return min((limit for limit in limits if limit and 0 < limit < _NO_LIMIT), default=None)


def _unused_positions(model: "CrossEncoder") -> int:
    """Count the positions at which no token stands: RoBERTa's begin after that of padding."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings"):
            padding = getattr(module, "padding_idx", None)
            return 0 if padding is None else int(padding) + 1
    return 0


def _config(folder: Path) -> dict[str, Any]:
    try:
        given, config = folder.exists(), (folder / "config.json").exists()
    except OSError as error:
        raise BaseModelError(
            "The folder of the base model cannot be read.", "Check its permissions."
        ) from error
    if not folder.is_dir():
        raise BaseModelError(
            "What is named as the base model is a file, not a folder."
            if given
            else "The folder of the base model does not exist.",
            "Check its path; it is the server's, not yours.",
        )
    if not config:
        raise BaseModelError(
            "The folder of the base model has no config.json.",
            "Give the folder that was written by save_pretrained.",
        )
    return _object(folder / "config.json")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise BaseModelError(
            f"The {path.name} of the base model cannot be read.", "Fetch the model again."
        ) from error


def _object(path: Path) -> dict[str, Any]:
    found = _json(path)
    if not isinstance(found, dict):
        raise BaseModelError(f"The {path.name} of the base model is no object.", "Fetch it again.")
    return found


def _modules(path: Path) -> list[dict[str, Any]]:
    found = _json(path)
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found):
        raise BaseModelError(
            f"The {path.name} of the base model is no list of objects.", "Fetch it again."
        )
    return found


def _architectures(config: dict[str, Any]) -> list[Any]:
    names = config.get("architectures") or []
    if not isinstance(names, list):
        raise BaseModelError(
            "The config.json of the base model names no list of architectures.", "Fetch it again."
        )
    return names


def _check_files(folder: Path) -> None:
    """Each module of a model keeps its weights in its own folder; the first one in the root."""
    if not _has_weights(folder):
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        raise BaseModelError(
            "The base model comes as a pickle, which can run code and is never read."
            if pickled
            else "The base model has no weights (model.safetensors).",
            "Choose a base with safetensors; the Hub converts on request.",
        )
    for inner in folder.iterdir():
        if inner.is_dir() and (inner / "pytorch_model.bin").exists() and not _has_weights(inner):
            raise BaseModelError(
                f"The part {inner.name} of the base model comes as a pickle, which is never read.",
                "Choose a base with safetensors.",
            )


def _has_weights(folder: Path) -> bool:
    names = ("model.safetensors", "model.safetensors.index.json")
    return any((folder / name).exists() for name in names)


def _check_code(folder: Path, config: dict[str, Any]) -> None:
    path, modules_path = folder / "tokenizer_config.json", folder / "modules.json"
    tokenizer = _object(path) if path.exists() else {}
    modules = _modules(modules_path) if modules_path.exists() else []
    foreign = [
        m for m in modules if not str(m.get("type", "")).startswith("sentence_transformers.")
    ]
    if "auto_map" in config or "auto_map" in tokenizer or foreign:
        raise BaseModelError(
            "The base model needs code that comes with it, and such code is never run.",
            "Choose a base whose architecture is part of transformers.",
        )


def _label_count(config: dict[str, Any]) -> int:
    """Count labels as transformers does: two unless the config says otherwise."""
    labels = config.get("id2label")
    count = len(labels) if isinstance(labels, dict) and labels else config.get("num_labels", 2)
    if not isinstance(count, int):
        raise BaseModelError(
            "The config.json of the base model gives no number of labels.", "Fetch it again."
        )
    return count
