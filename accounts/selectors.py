"""Reads of the accounts room."""

from django.db.models import QuerySet

from accounts.models import Member, Project, User


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects that a user belongs to."""
    return Project.objects.filter(members__user=user).prefetch_related("grades")


def memberships_of(user: User) -> QuerySet[Member]:
    """Return a user's memberships with their projects."""
    return Member.objects.filter(user=user).select_related("project").order_by("project__name")


def members_of(project: Project) -> QuerySet[Member]:
    """Return a project's members with their users."""
    return project.members.select_related("user").order_by("user__username")
