"""The folder of a finished model: what any client of sentence-transformers can load."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sentence_transformers
from sentence_transformers import CrossEncoder

METADATA: Final = "arbiter.json"
_SIGMOID: Final = "torch.nn.modules.activation.Sigmoid"
# Traces of how the base was loaded here; no business of whoever loads the model.
_LOCAL_KEYS: Final = ("is_local", "local_files_only", "name_or_path")


def model_save(model: CrossEncoder, folder: Path, metadata: Mapping[str, Any]) -> None:
    """Write weights (safetensors), tokenizer, configs and `arbiter.json` into a new folder.

    The activation is Sigmoid in `config.json` and in `config_sentence_transformers.json`: clients
    before sentence-transformers 5 read the first, later ones the second. sentence-transformers has
    no place for two templates (its prompts are one prefix per call), so they are kept in
    `arbiter.json`, and whoever scores applies them. The README.md is written by the registry.
    Raises OSError or SafetensorError where the disk is full.
    """
    details = {"activation_fn": _SIGMOID, "version": sentence_transformers.__version__}
    if model.config is None:
        raise TypeError("the model has no transformers configuration")
    model.config.sentence_transformers = details
    model.save(str(folder), create_model_card=False)
    _tokenizer_clean(folder / "tokenizer_config.json")
    text = json.dumps(dict(metadata), ensure_ascii=False, indent=2, sort_keys=True)
    (folder / METADATA).write_text(text + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        # transformers writes weights for its own user only.
        path.chmod(0o755 if path.is_dir() else 0o644)


def _tokenizer_clean(path: Path) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    for name in _LOCAL_KEYS:
        config.pop(name, None)
    # transformers 4 does not know the class that transformers 5 names where it has no better one.
    if config.get("tokenizer_class") == "TokenizersBackend":
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
