"""Reads of snapshots."""

import re
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Project
from annotate.models import Copies, Snapshot


def snapshots_of(project: Project) -> QuerySet[Snapshot]:
    """Return a project's snapshots, newest first."""
    return project.snapshots.select_related("created_by", "project", "copies").order_by("-pk")


def snapshot_by(project: Project, reference: str) -> Snapshot:
    """Return the snapshot under an id or a digest; the oldest where several share it.

    Raises Http404.
    """
    rows = project.snapshots.select_related("created_by", "project", "copies").order_by("pk")
    if re.fullmatch(r"[0-9a-f]{64}", reference):
        found = rows.filter(digest=reference).first()
    elif re.fullmatch(r"[0-9]{1,18}", reference):
        found = rows.filter(pk=int(reference)).first()
    else:
        found = None
    if found is None:
        raise Http404(f"There is no snapshot {reference[:64]} in this project.")
    return found


def copies_of(snapshot: Snapshot) -> Copies | None:
    """Return what was, or is being, counted of passages that its splits have in common."""
    found: Copies | None = getattr(snapshot, "copies", None)
    return found


def copies_findings(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return what was counted as findings, as in `Snapshot.findings`; none before it is."""
    copies = copies_of(snapshot)
    splits = copies.found["splits"] if copies and copies.found else {}
    return [
        {
            "kind": "near_passages",
            "split": name,
            "count": counts["near"],
            "of": counts["passages"],
            "message": f"{counts['near']:,} of {counts['passages']:,} passages of {name} are nearly"
            f" copies of one of train, and {counts['shared']:,} occur there word for word.",
        }
        for name, counts in splits.items()
        if counts["near"]
    ]


def blobs_named() -> set[str]:
    """Return the sha256 of every stored file of a snapshot."""
    rows = Snapshot.objects.exclude(files={}).values_list("files", flat=True)
    return {file["sha256"] for files in rows.iterator() for file in files.values()}
