"""Reads of imports."""

from django.db.models import QuerySet

from accounts.models import Project
from annotate.models import Import


def imports_of(project: Project) -> QuerySet[Import]:
    """Return a project's imports, newest first."""
    return project.imports.select_related("created_by").order_by("-pk")
