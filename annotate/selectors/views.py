"""Reads of saved views."""

from django.db.models import Q, QuerySet

from accounts.models import Member
from annotate.models import Listed, SavedView


def views_for(member: Member, listed: Listed) -> QuerySet[SavedView]:
    """Return the saved views of a list that a member sees: their own, and those that are shared."""
    rows = member.project.views.filter(listed=listed).select_related("maker")
    return rows.filter(Q(maker=member.user) | Q(shared=True))
