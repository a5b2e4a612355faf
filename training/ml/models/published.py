"""A published version as it was evaluated: its files name its templates and its length."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentence_transformers import CrossEncoder

from training.ml.errors import BaseModelError
from training.ml.models.find import Base
from training.ml.models.load import base_load
from training.ml.models.save import METADATA
from training.ml.templates import Templates


@dataclass(frozen=True, slots=True)
class Published:
    """A version that scores: sigmoid applied, so that its scores are in [0, 1]."""

    model: CrossEncoder
    templates: Templates


def served_load(base: Base) -> Published:
    """Load a version that is asked for scores: as it was evaluated, where its files say how.

    Any other one, made elsewhere, reads the texts as they are, as long as it takes. Raises as
    `published_load` does.
    """
    if (base.folder / METADATA).exists():
        return published_load(base)
    _scoring_check(base)
    return Published(base_load(base, seed=0, max_length=None), Templates())


def published_load(base: Base) -> Published:
    """Load a version's files with the templates and the length that it was evaluated with.

    Raises BaseModelError where they do not say what these are, or have no output layer, and
    ResourceError where memory runs out.
    """
    _scoring_check(base)
    said = _metadata(base)
    try:
        templates = Templates(query=said["query_template"], passage=said["passage_template"])
        max_length = int(said["max_length"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unknown(base) from error
    return Published(base_load(base, seed=0, max_length=max_length), templates)


def _scoring_check(base: Base) -> None:
    if base.info.fresh_head:
        raise BaseModelError(
            f"{base.info.loaded} has no output layer, so that it scores nothing.",
            "Score with a version that a training job has published.",
        )


def _metadata(base: Base) -> dict[str, Any]:
    path: Path = base.folder / METADATA
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise _unknown(base) from error
    if not isinstance(found, dict):
        raise _unknown(base)
    return found


def _unknown(base: Base) -> BaseModelError:
    return BaseModelError(
        f"{base.info.loaded} does not say in {METADATA} with which templates and length it was"
        " evaluated.",
        "Score with a version that a training job has published.",
    )
