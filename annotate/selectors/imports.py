"""Reads of imports."""

from typing import Final

from django.db.models import QuerySet

from accounts.models import Project
from annotate.models import Import

_KINDS: Final = ("queries", "passages", "texts", "candidates", "judgments", "runs", "proposals")


def created_counts(row: Import) -> list[tuple[str, int]]:
    """Return (kind, how many are new) of an import in the order of the way in, changes last."""
    order = {kind: at for at, kind in enumerate(_KINDS)}
    kinds = sorted(row.created, key=lambda kind: (order.get(kind, len(order)), kind))
    return [(kind.replace("_", " "), row.created[kind]) for kind in kinds]


def imports_of(project: Project) -> QuerySet[Import]:
    """Return a project's imports, newest first."""
    return project.imports.select_related("created_by").order_by("-pk")
