"""Which versions learned from, or were measured on, what was erased."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.models import Project
from annotate.models import Erasure, Snapshot
from models_app.models import Version
from models_app.services.redacting import card_quotes
from training.spec.sets import CORPUS


@dataclass(frozen=True, slots=True)
class Touched:
    """A version and how many records of its snapshot are gone, all erasures taken together.

    `through` is the version that it comes from, by training or teaching, where it has its own
    records still; `quoted` says that its card shows a text that was erased.
    """

    version: Version
    records: int
    through: Version | None
    quoted: bool


def erasure_versions(erasure: Erasure) -> list[Touched]:
    """Return the versions that an erasure has touched, oldest first."""
    rows = erasure.snapshots.values_list("snapshot__digest", "records")
    return versions_touched(
        erasure.project, {digest: records for digest, records in rows if digest}
    )


def versions_touched(project: Project, records: dict[str, int]) -> list[Touched]:
    """Return the versions of these snapshots (digest: records gone), and those made from them."""
    found: dict[int, Touched] = {}
    for version in _versions(project).filter(snapshot_digest__in=records).order_by("pk"):
        gone = records[version.snapshot_digest]
        found[version.pk] = Touched(version, gone, None, card_quotes(version))
    latest = {touched.version.revision: touched.version for touched in found.values()}
    while latest:
        made = _versions(project).filter(
            Q(lineage__base_model__revision__in=list(latest))
            | Q(lineage__teacher__revision__in=list(latest))
        )
        new = [version for version in made.order_by("pk") if version.pk not in found]
        for version in new:
            through = next(latest[name] for name in _makers(version) if name in latest)
            found[version.pk] = Touched(version, 0, through, card_quotes(version))
        latest = {version.revision: version for version in new}
    return sorted(found.values(), key=lambda touched: touched.version.pk)


def _makers(version: Version) -> list[str]:
    """Return the commits of what a version was trained from and taught by."""
    named = (version.lineage.get(kind) or {} for kind in ("base_model", "teacher"))
    return [each["revision"] for each in named if each.get("revision")]


def project_version(project: Project, name: str, number: int) -> Version:
    """Return a version of a project by its reranker's name and its number. Raises Http404."""
    version = _versions(project).filter(reranker__name=name, number=number).first()
    if version is None:
        raise Http404("There is no such version in this project.")
    return version


def version_redacted(version: Version) -> int:
    """Return how many records of a version's snapshot were erased since it was frozen."""
    if not version.snapshot_digest:
        return 0
    rows = Snapshot.objects.filter(project=version.reranker.project, digest=version.snapshot_digest)
    return rows.values_list("redacted", flat=True).order_by("-redacted").first() or 0


def versions_of_snapshots(project: Project, snapshots: Iterable[int]) -> Collection[Version]:
    """Return the versions that were made from these snapshots."""
    digests = Snapshot.objects.filter(pk__in=list(snapshots)).values("digest")
    return list(_versions(project).filter(snapshot_digest__in=digests))


def versions_of_the_corpus(project: Project) -> Collection[Version]:
    """Return the versions whose negatives were mined from the whole corpus of a project.

    Which passages these were is not known any more; samples of a training set may show them.
    """
    return list(_versions(project).filter(lineage__recipe__mine_from=CORPUS))


def _versions(project: Project) -> QuerySet[Version]:
    return Version.objects.select_related("reranker__project").filter(reranker__project=project)
