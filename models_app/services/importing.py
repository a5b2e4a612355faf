"""Models that were made elsewhere, published as versions: through the gate, and with their card."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from django.core.exceptions import ValidationError

from accounts.markdown import html_running
from accounts.models import User
from models_app.gate import CARD
from models_app.models import Reranker, Version
from models_app.services.publishing import folder_store, version_publish

CARD_LIMIT: Final = 1 << 20  # bytes
BASE_LENGTH: Final = 200
_FRONT: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a model comes from: `how` it came (push, zip, folder, hub), and what is told of it."""

    how: str
    told: Mapping[str, Any]


def version_import(
    *, reranker: Reranker, folder: Path, origin: Origin, created_by: User | None
) -> Version:
    """Publish a model that was made elsewhere, as the reranker's next version; no alias moves.

    Its own README.md becomes the version's card; where there is none a card is written, which says
    that nothing is known. Raises ValidationError where the gate or the card's own check refuses it,
    and OSError where the storage cannot take a file.
    """
    card = folder / CARD
    own = card.is_file() and not card.is_symlink()
    stored = folder_store(folder, card=own)  # the gate speaks first
    head = card_check(card) if own else {}
    base = head.get("base_model")
    return version_publish(
        reranker=reranker,
        folder=folder,
        stored=stored,
        job=None,
        base_model=base[:BASE_LENGTH] if isinstance(base, str) else "",
        metrics={},
        lineage={"origin": {"how": origin.how, **origin.told}},
        facts=_facts(folder, head if own else None),
        created_by=created_by,
    )


def card_check(path: Path) -> dict[str, Any]:
    """Return the front matter of a model's own card.

    Raises ValidationError on `files` where it is no text, too long, has a front matter that cannot
    be read, or elements that a browser would run.
    """
    if path.stat().st_size > CARD_LIMIT:
        raise _refused(f"the card has more than {CARD_LIMIT:,} bytes.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _refused(f"the card is not UTF-8 ({error}).") from error
    return front_matter_check(text)


def front_matter_check(text: str) -> dict[str, Any]:
    """Return the front matter of a card's text; raises as `card_check` does."""
    found = _FRONT.match(text)
    body = text[found.end() :] if found else text
    if active := html_running(body):
        raise _refused(f"<{active}> would run in a reader's browser; take it out.")
    if found is None:
        return {}
    try:
        head = yaml.safe_load(found[1])
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _refused(f"its front matter is not YAML ({said}).") from error
    if head is None:
        return {}
    if not isinstance(head, dict):
        raise _refused("its front matter is no mapping of names to values.")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(head, default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise _refused(f"its front matter has values that JSON does not ({error}).") from error
    return plain


def _refused(why: str) -> ValidationError:
    return ValidationError({"files": [f"{CARD}: {why}"]})


def _facts(folder: Path, own_card: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what can be told of a model by its files alone; nothing of it was measured here."""
    head = own_card or {}
    config = json.loads((folder / "config.json").read_bytes())
    library = head.get("library_name") or "sentence-transformers"
    licence = head.get("license")
    return {
        "schema": 1,
        "own_card": own_card,
        "license": licence if isinstance(licence, str) else None,
        "model": {
            "name": "CrossEncoder",
            "library": library if isinstance(library, str) else "sentence-transformers",
            "pipeline_tag": head.get("pipeline_tag") or "text-ranking",
            "architecture": ", ".join(map(str, config.get("architectures") or [])) or None,
        },
    }
