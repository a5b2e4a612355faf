"""The base model of a job: a name on the Hub, a folder, the packaged one, or a version of ours.

A version is named `TEAM/NAME@vN` or `TEAM/NAME@alias`, and pinned to its revision when the job is
made. Other names with a slash are the Hub's, unless TEAM is a project here that the asker is not
in: what others keep private is not asked of anybody.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from huggingface_hub import is_offline_mode

from accounts.blobs import blob_fetch
from accounts.models import Project, User
from models_app.models import Reranker, Version
from models_app.revisions import version_resolve
from training.ml.errors import BaseModelError
from training.ml.models.check import folder_check
from training.ml.models.find import BaseRequest
from training.ml.models.names import PACKAGED, PACKAGED_HUB_NAME
from training.models import TrainingJob
from training.spec.presets import PRESETS

DEFAULT: Final = "cross-encoder/ms-marco-MiniLM-L6-v2"
SUGGESTED: Final = (
    DEFAULT,
    "cross-encoder/ms-marco-MiniLM-L12-v2",
    "BAAI/bge-reranker-base",
    PACKAGED,
)
# Bases that the packaged model may stand in for: nobody typed these.
REPLACEABLE: Final = frozenset(
    {DEFAULT, PACKAGED_HUB_NAME, *(preset.base_model for preset in PRESETS.values())}
)
# What an older job found says little of the Hub today.
RECENT: Final = timedelta(days=1)
_NAMING: Final = (
    "A base model is named as on the Hub (TEAM/NAME), as a version of this registry"
    " (TEAM/NAME@v1 or TEAM/NAME@alias), or by the absolute path of a folder."
)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?")
# A tag or an alias: `main` and commits are revisions of the Hub.
_OURS: Final = re.compile(r"v[1-9][0-9]{0,8}|(?!(main|head|[0-9a-f]+)$)[a-z][a-z0-9-]{0,39}")
_FOLDERS: Final = (
    "Only folders below BASE_MODEL_FOLDERS may be named as a base, and this is none; ask whoever "
    "runs this server."
)


@dataclass(frozen=True, slots=True)
class Base:
    """A base as a job keeps it; `revision` is the commit id of a version of ours, else empty."""

    name: str
    revision: str = ""


def base_checked(name: str, *, project: Project, user: User | None) -> Base:
    """Return the base under a name; the default where that is empty.

    Raises ValidationError on `base_model` for what can be no name of a model, for a folder that
    `user` may not name or that holds no model, for a version that is not there or not theirs to
    use, and for a name that belongs to a project of others.
    """
    name = name.strip() or DEFAULT
    if len(name) > 200 or not (Path(name).is_absolute() or _NAME.fullmatch(name)):
        raise ValidationError({"base_model": _NAMING})
    if Path(name).is_absolute():
        return Base(_folder_allowed(name, user))
    version = version_named(name, project=project, user=user)
    if version is not None:
        return Base(str(version), version.revision)
    _hub_allowed(name, project, user)
    return Base(name)


def version_named(name: str, *, project: Project, user: User | None) -> Version | None:
    """Return the version of our registry under a name, None for a name that is not of ours.

    Ours are named with a tag or an alias, and only rerankers that the project or the user may use
    are. A bare TEAM/NAME is none of ours, nor is one with `main` or a commit. Raises
    ValidationError on `base_model` where there is no such version, in the same words whether it is
    there or not.
    """
    repo_id, _, revision = name.partition("@")
    if not _OURS.fullmatch(revision):
        return None
    team, _, short = repo_id.partition("/")
    allowed = Q(project=project) | Q(public=True)
    if user is not None:
        allowed |= Q(project__members__user=user)
    found = Reranker.objects.filter(allowed, project__slug=team, name=short).distinct().first()
    if found is None:
        raise ValidationError(
            {
                "base_model": f"There is no version {name} here, or it is not yours to use. Of a "
                "model on the Hub, main or a commit may be named."
            }
        )
    try:
        return version_resolve(found, revision)
    except Version.DoesNotExist as error:
        message = f"{found.repo_id} has nothing under “{revision}”."
        raise ValidationError({"base_model": message}) from error


def _hub_allowed(name: str, project: Project, user: User | None) -> None:
    """Refuse to ask the Hub for what may be the private name of somebody else's reranker.

    A project called like a team of the Hub must not keep others from the bases that are suggested.
    """
    repo_id = name.partition("@")[0]
    team = Project.objects.filter(slug__iexact=repo_id.partition("/")[0])
    if "/" not in repo_id or repo_id in {*SUGGESTED, *REPLACEABLE} or project in team:
        return
    if team.exists() and not (user is not None and team.filter(members__user=user).exists()):
        raise ValidationError(
            {
                "base_model": f"{repo_id} is not asked of the Hub from here. Where a version of "
                "this registry is meant that is yours to use, name it TEAM/NAME@v1 or "
                "TEAM/NAME@alias."
            }
        )


def version_pinned(revision: str) -> Version:
    """Return the version that a job was pinned to when it was asked for.

    Whether its asker may still read it is not asked again. Raises BaseModelError where it is gone:
    its name is not looked for anywhere else.
    """
    found = Version.objects.filter(revision=revision).first()
    if found is None:
        raise BaseModelError(
            "The version that this job starts from was deleted with its project.",
            "Choose another base model.",
        )
    return found


def version_files(version: Version, folder: Path) -> Path:
    """Copy a version's files into a new folder, each checked against its sha256.

    Raises BaseModelError where one is gone or damaged.
    """
    for artifact in version.artifacts.all():
        target = folder / artifact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            blob_fetch(artifact.sha256, target)
        except (FileNotFoundError, ValueError) as error:
            raise BaseModelError(
                f"The file {artifact.path} of {version} cannot be read back.",
                "Restore the data folder from a backup, or choose another base model.",
            ) from error
    return folder


def version_request(name: str, version: Version, folder: Path) -> BaseRequest:
    """Return what to load of a version, under a name; its files are copied into `folder`."""
    files = version_files(version, folder)
    origin = f"It is version {version.number} of {version.reranker.repo_id} in this registry."
    return BaseRequest(name, revision=version.revision, folder=files, origin=origin)


def fallback_allowed(name: str) -> bool:
    """Say whether the packaged weights may stand in for this base where the Hub is out of reach.

    Only for the default and the presets' bases, and for the Hub's name of the packaged model
    itself: any other name was chosen by somebody, who may also have misspelt it.
    """
    return bool(settings.BASE_MODEL_FALLBACK) and name in REPLACEABLE


def hub_trouble() -> str:
    """Say in a sentence why the Hub is probably out of reach for a job; empty where nobody knows.

    Known are this process's own switch and the last base that a job of this installation loaded.
    """
    if is_offline_mode():
        return "HF_HUB_OFFLINE is set, so that nothing is fetched from the Hub."
    asked = TrainingJob.objects.filter(kind="train", base_revision="", base_used__isnull=False)
    last = asked.filter(created_at__gt=timezone.now() - RECENT).order_by("-created_at").first()
    if last is None or not (last.base_used or {}).get("fell_back"):
        return ""
    return f"The Hub could not be reached by a job of {last.created_at:%Y-%m-%d %H:%M} UTC."


def base_warning(job: TrainingJob) -> str:
    """Say what becomes of a waiting job's base where the Hub is probably out of reach, else "".

    A version of ours, a folder and the packaged model ask the Hub for nothing.
    """
    base = job.base_model
    unread = job.pools and not job.recipe["bi_encoder_depth"]
    own = unread or job.base_revision or base == PACKAGED or Path(base).is_absolute()
    if own or job.finished or job.base_used or not (trouble := hub_trouble()):
        return ""
    unless = f"{trouble} Unless {base} can be fetched or is in the Hub's cache,"
    if fallback_allowed(base):
        return f"{unless} the packaged all-MiniLM-L6-v2 stands in for it."
    return (
        f"{unless} the job fails: nothing stands in for a name that somebody chose. The packaged "
        f"all-MiniLM-L6-v2 is named {PACKAGED}."
    )


def _folder_allowed(name: str, user: User | None) -> str:
    """Return a folder's path without links and dots, if `user` may name it and it holds a model."""
    folder = Path(name).resolve()
    roots = (Path(root).resolve() for root in settings.BASE_MODEL_FOLDERS)
    if not ((user is not None and user.is_superuser) or any(map(folder.is_relative_to, roots))):
        raise ValidationError({"base_model": _FOLDERS})
    try:
        folder_check(folder)
    except BaseModelError as error:
        raise ValidationError({"base_model": str(error)}) from error
    return str(folder)
