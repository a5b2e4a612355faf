"""Reads of snapshots."""

import re

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Project
from annotate.models import Snapshot


def snapshots_of(project: Project) -> QuerySet[Snapshot]:
    """Return a project's snapshots, newest first."""
    return project.snapshots.select_related("created_by", "project").order_by("-pk")


def snapshot_by(project: Project, reference: str) -> Snapshot:
    """Return the snapshot under an id or a digest; the oldest where several share it.

    Raises Http404.
    """
    rows = project.snapshots.select_related("created_by", "project").order_by("pk")
    if re.fullmatch(r"[0-9a-f]{64}", reference):
        found = rows.filter(digest=reference).first()
    elif re.fullmatch(r"[0-9]{1,18}", reference):
        found = rows.filter(pk=int(reference)).first()
    else:
        found = None
    if found is None:
        raise Http404(f"There is no snapshot {reference[:64]} in this project.")
    return found
