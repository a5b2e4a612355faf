"""Reads of the registry."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from accounts.access import Caller
from accounts.models import Project, User
from models_app.models import (
    CHAMPION,
    Alias,
    AliasMove,
    Artifact,
    DailyUse,
    Reranker,
    Review,
    Upload,
    Use,
    Version,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a published reranker stands: its newest version, its champion, all its aliases."""

    newest: Version
    champion: Version | None
    aliases: list[Alias]


def rerankers_visible(
    caller: Caller, *, project: str | None = None, search: str | None = None
) -> QuerySet[Reranker]:
    """Return the published rerankers that a caller may read, ready for `standing_of`.

    They are those of a user's projects and the public ones, which an anonymous caller may read too.
    `project` is a slug; `search` is a part of the project's slug, the name or the description.
    """
    readable = Q(public=True)
    if isinstance(caller, User):
        readable |= Q(project__in=caller.memberships.values("project"))
    found = Reranker.objects.published().filter(readable)
    if project:
        found = found.filter(project__slug=project)
    if search:
        found = found.filter(
            Q(project__slug__icontains=search)
            | Q(name__icontains=search)
            | Q(description__icontains=search)
        )
    return with_standing(found)


def rerankers_of_project(project: Project) -> QuerySet[Reranker]:
    """Return a project's published rerankers by name, with what `standing_of` needs."""
    return with_standing(Reranker.objects.published().filter(project=project).order_by("name"))


def with_standing(rerankers: QuerySet[Reranker]) -> QuerySet[Reranker]:
    """Fetch aliases and the newest version along: three queries, whatever the number of rows.

    The versions of these rows are the newest one only.
    """
    newest = Version.objects.order_by("reranker_id", "-number").distinct("reranker_id")
    aliases = Alias.objects.select_related("version").defer("version__facts", "version__lineage")
    return rerankers.select_related("project").prefetch_related(
        Prefetch("versions", newest.defer("facts", "lineage")), Prefetch("aliases", aliases)
    )


def standing_of(reranker: Reranker) -> Standing:
    """Return where a published reranker stands; asks nothing more after `with_standing`."""
    aliases = list(reranker.aliases.all())
    champion = next((alias.version for alias in aliases if alias.name == CHAMPION), None)
    return Standing(reranker.versions.all()[0], champion, aliases)


def evaluations_of(versions: Iterable[Version]) -> dict[int, list[dict[str, Any]]]:
    """Return the evaluations in the facts of some versions, by key: a list with one per split.

    For lists, which defer the facts: the rest of them is large.
    """
    keys = [version.pk for version in versions]
    found = Version.objects.filter(pk__in=keys).values_list("pk", "facts__evaluation__splits")
    return {pk: splits or [] for pk, splits in found}


def blobs_named() -> set[str]:
    """Return the sha256 of every stored file that a version has, or that was sent for one."""
    files = Artifact.objects.values_list("sha256", flat=True).distinct()
    return {*files.iterator(), *Upload.objects.values_list("sha256", flat=True)}


def downloads_of(rerankers: Iterable[Reranker]) -> dict[int, int]:
    """Return how often versions of some rerankers were downloaded, by key; none are left out."""
    keys = [reranker.pk for reranker in rerankers]
    uses = DailyUse.objects.filter(version__reranker__in=keys, use=Use.DOWNLOAD)
    counted = uses.values("version__reranker").annotate(total=Sum("count"))
    return dict(counted.values_list("version__reranker", "total"))


def heads_of(versions: Iterable[Version]) -> dict[int, dict[str, Any]]:
    """Return the facts that stand at the head of a card of some versions, by key; for lists."""
    keys = [version.pk for version in versions]
    names = ("model", "base", "language", "license", "own_card")
    found = Version.objects.filter(pk__in=keys).values_list(
        "pk", *(f"facts__{name}" for name in names)
    )
    return {pk: dict(zip(names, values, strict=True)) for pk, *values in found}


def versions_of(reranker: Reranker) -> QuerySet[Version]:
    """Return a reranker's versions, newest first, with their aliases."""
    return (
        reranker.versions.select_related("reranker__project", "created_by")
        .prefetch_related("aliases")
        .order_by("-number")
    )


def version_get(reranker: Reranker, number: int) -> Version:
    """Return a version by number, with its files. Raises Version.DoesNotExist."""
    found = versions_of(reranker).prefetch_related("artifacts").filter(number=number).first()
    if found is None:
        raise Version.DoesNotExist(f"There is no version {number} of {reranker.repo_id}.")
    return found


def alias_get(reranker: Reranker, name: str) -> Alias:
    """Return an alias with its version. Raises Alias.DoesNotExist."""
    found = (
        reranker.aliases.select_related("version", "reranker__project").filter(name=name).first()
    )
    if found is None:
        raise Alias.DoesNotExist(f"There is no alias {name!r} of {reranker.repo_id}.")
    return found


def aliases_of(reranker: Reranker) -> QuerySet[Alias]:
    """Return a reranker's aliases with their versions, by name."""
    return reranker.aliases.select_related("version").defer("version__facts").order_by("name")


def champion_of(reranker: Reranker) -> Version | None:
    """Return the version that `champion` names, if any."""
    return versions_of(reranker).filter(aliases__name=CHAMPION).first()


def newest_of(reranker: Reranker) -> Version:
    """Return the newest version of a published reranker."""
    return reranker.versions.defer("facts", "lineage", "metrics").latest("number")


def moves_of(version: Version) -> QuerySet[AliasMove]:
    """Return the moves of any alias to or from a version, newest first."""
    moves = alias_history(version.reranker)
    return moves.filter(Q(from_version=version) | Q(to_version=version))


def alias_history(reranker: Reranker, name: str | None = None) -> QuerySet[AliasMove]:
    """Return the moves of one alias, or of all, newest first."""
    moves = reranker.alias_moves.select_related("from_version", "to_version", "moved_by")
    return moves.filter(name=name) if name else moves


def rollback_of(version: Version) -> AliasMove | None:
    """Return the move by which the champion went from a version back to an older one.

    None where it never did, or where the version is champion again.
    """
    last = (
        AliasMove.objects.filter(reranker=version.reranker_id, name=CHAMPION)
        .filter(Q(from_version=version) | Q(to_version=version))
        .select_related("to_version")
        .defer("to_version__facts", "to_version__lineage", "to_version__metrics")
        .order_by("-id")
        .first()
    )
    back = last is not None and last.to_version.number < version.number
    return last if back and last and last.from_version_id == version.pk else None


def reviews_of(version: Version) -> QuerySet[Review]:
    """Return the reviews of a version, newest first."""
    return version.reviews.select_related("reviewer")
