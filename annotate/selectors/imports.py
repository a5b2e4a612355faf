"""Reads of imports."""

import math
from typing import Final

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from accounts.access import Right, role_allows
from accounts.models import Member, Project
from annotate.models import Import, ImportStatus
from annotate.models.imports import Phase

_KINDS: Final = ("queries", "passages", "texts", "candidates", "judgments", "runs", "proposals")
# What a file brings is called on pages what it is called there, not as its table is.
_WORDS: Final = {"judgments": "imported labels", "proposals": "ranks in runs", "_": " "}


# Of the time that an import takes; `python -m bench importing` prints what each phase takes.
_READING: Final = 0.25
_STORING: Final = 0.55


def rows_per_second(row: Import) -> int | None:
    """How fast the file is or was read; None until something is known."""
    return round(row.rows_read / row.read_seconds) if row.read_seconds else None


def seconds_left(row: Import) -> int | None:
    """Estimate how long a running import will take yet; None where nothing is known.

    From how long reading takes or took, since the phases keep about the same proportions.
    """
    if row.status != ImportStatus.RUNNING or not row.read_seconds or not row.read_share:
        return None
    whole = row.read_seconds / row.read_share / _READING
    if row.phase == Phase.READING:
        return math.ceil(whole - row.read_seconds)
    passed = (timezone.now() - row.phase_at).total_seconds() if row.phase_at else 0.0
    share = _STORING if row.phase == Phase.STORING else 1 - _READING
    return max(1, math.ceil(whole * share - passed))


def created_counts(row: Import) -> list[tuple[str, int]]:
    """Return (kind, how many are new) of an import in the order of the way in, changes last."""
    order = {kind: at for at, kind in enumerate(_KINDS)}
    kinds = sorted(row.created, key=lambda kind: (order.get(kind, len(order)), kind))
    return [(_said(kind), row.created[kind]) for kind in kinds]


def _said(kind: str) -> str:
    for word, said in _WORDS.items():
        kind = kind.replace(word, said)
    return kind


def sees_errors(member: Member) -> bool:
    """Say whether a member sees why a file was refused: its errors quote labels, on both sides."""
    return role_allows(member.role, Right.MANAGE)


def imports_of(project: Project) -> QuerySet[Import]:
    """Return a project's imports, newest first."""
    return project.imports.select_related("created_by").order_by("-pk")


def import_by(project: Project, pk: int) -> Import:
    """Return a project's import by its id. Raises Http404 with a sentence."""
    row = imports_of(project).filter(pk=pk).first()
    if row is None:
        raise Http404(f"There is no import {pk} in this project.")
    return row
