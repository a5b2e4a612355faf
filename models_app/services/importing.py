"""Models that were made elsewhere, published as versions: through the gate, and with their card."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import yaml
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.blobs import scratch_folder
from accounts.markdown import html_running
from accounts.models import Project, User
from models_app.cards.front_matter import front_split
from models_app.gate import CARD, folder_gate
from models_app.models import ARTIFACT_SUFFIXES, Reranker, Version
from models_app.services.publishing import folder_store, version_publish
from models_app.services.rerankers import reranker_ensure
from models_app.unpacking import zip_unpack

CARD_LIMIT: Final = 1 << 20  # bytes
BASE_LENGTH: Final = 200


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
    folder_gate(folder)  # speaks first, and all is looked at before any of it is stored
    head = card_check(card) if own else {}
    stored = folder_store(folder, card=own)
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


@transaction.atomic
def zip_publish(
    *, project: Project, name: str, upload: UploadedFile[bytes], created_by: User
) -> Version:
    """Publish the model in a zip that was sent; its name is made where the project has none.

    Raises as `reranker_ensure` and `zip_import` do; then there is no such name either.
    """
    reranker = reranker_ensure(project=project, name=name, created_by=created_by)
    told = upload.name or "a zip"
    return zip_import(reranker=reranker, source=upload, name=told, created_by=created_by)


def zip_import(
    *, reranker: Reranker, source: Path | IO[bytes], name: str, created_by: User | None
) -> Version:
    """Publish the model in a zip; raises as `zip_unpack` and `version_import` do."""
    with scratch_folder("import") as folder:
        model = folder / "model"
        model.mkdir()
        zip_unpack(source, model, most=settings.IMPORT_MAX_BYTES)
        origin = Origin("zip", {"message": name[:200]})
        return version_import(reranker=reranker, folder=model, origin=origin, created_by=created_by)


def folder_import(*, reranker: Reranker, source: Path, created_by: User | None) -> Version:
    """Publish the model in a folder of this machine; raises as `version_import` does."""
    origin = Origin("folder", {"message": source.resolve().name})
    return version_import(reranker=reranker, folder=source, origin=origin, created_by=created_by)


def hub_import(
    *, reranker: Reranker, repo_id: str, revision: str | None, created_by: User | None
) -> Version:
    """Publish a model of another hub: the one that HF_ENDPOINT names, or Hugging Face's own.

    Only files that may be published are fetched: many models lie there as pickles as well. Raises
    ValidationError on `source` where it cannot be had, and as `version_import` does.
    """
    # Imported here, since nothing else in the web process asks another hub.
    import httpx2
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError

    with scratch_folder("import") as folder:
        try:
            commit = HfApi().model_info(repo_id, revision=revision).sha
            snapshot_download(
                repo_id,
                revision=commit,
                local_dir=folder / "model",
                allow_patterns=[f"*{suffix}" for suffix in ARTIFACT_SUFFIXES],
                ignore_patterns=["onnx/*", "openvino/*"],
            )
        except (httpx2.HTTPError, HFValidationError, OSError) as error:
            said = str(error).strip().splitlines()
            why = said[0] if said else type(error).__name__
            raise ValidationError({"source": [f"{repo_id} cannot be had: {why}"]}) from error
        shutil.rmtree(folder / "model" / ".cache", ignore_errors=True)  # the client's notes
        origin = Origin("hub", {"message": f"{repo_id}@{commit}"})
        return version_import(
            reranker=reranker, folder=folder / "model", origin=origin, created_by=created_by
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
    front, body = front_split(text)
    if active := html_running(body):
        raise _refused(f"<{active}> would run in a reader's browser; take it out.")
    try:
        head = yaml.safe_load(front)
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
