"""What would tell a check from an item that counts, and whom it must not tell.

Whoever can watch figures that only counted judgments move learns which of their items were checks.
Below reviewers such figures stand still for an hour, and what tells more is not shown at all, where
checks or repeats are among the items.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.access import Right, role_allows
from accounts.models import Member, Project, Role
from annotate.models import Judgment, Lease, Queue
from annotate.models.judgments import JudgmentQuerySet

HIDDEN: Final = (
    "Checks are among this project's items, and this would tell which: it is for reviewers,"
    " managers and owners."
)


def checks_among(projects: Collection[int]) -> set[int]:
    """Return the projects, by key, that mix checks or repeats in, or where a judge holds one."""
    rates = Q(gold_rate__gt=0) | Q(repeat_rate__gt=0)
    mixing = Queue.objects.filter(rates, project__in=projects).values_list("project", flat=True)
    # Who has left keeps a check that they held, and has no use for it.
    judges = Member.objects.filter(
        project=OuterRef("candidate__project"), user=OuterRef("person")
    ).exclude(role=Role.VIEWER)
    held = Lease.objects.filter(Exists(judges), slot=None, candidate__project__in=projects)
    return {*mixing.union(held.values_list("candidate__project", flat=True))}


def sees_counts(member: Member) -> bool:
    """Say whether a member may watch what only counted judgments change."""
    return still_since(member.project, member.role) is None


def still_since(project: Project, role: str) -> datetime | None:
    """Return the full hour at which figures for this role stand still; None where they do not."""
    if role_allows(role, Right.REVIEW) or not checks_among([project.pk]):
        return None
    return hour_begun()


def hour_begun() -> datetime:
    """Return the last full hour."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def held_at(rows: JudgmentQuerySet, moment: datetime) -> JudgmentQuerySet:
    """Narrow judgments to those that held at a moment, but for what an edit has retired since."""
    ended_later = Judgment.objects.filter(replaces=OuterRef("pk"), created_at__gte=moment)
    return rows.filter(Q(current=True) | Exists(ended_later), created_at__lt=moment)
