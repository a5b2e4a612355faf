"""Reads of the accounts room."""

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404

from accounts.models import Grade, Member, OwnerLink, Project, Token, User
from accounts.models import secret_digest as digest_of


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects that a user belongs to."""
    return Project.objects.filter(members__user=user).prefetch_related("grades")


def memberships_of(user: User) -> QuerySet[Member]:
    """Return a user's memberships with their projects."""
    return Member.objects.filter(user=user).select_related("project").order_by("project__name")


def members_of(project: Project) -> QuerySet[Member]:
    """Return a project's members with their users."""
    return project.members.select_related("user").order_by("user__username")


def member_by(project: Project, username: str) -> Member:
    """Return a project's member by their user name. Raises Http404 with a sentence."""
    member = members_of(project).filter(user__username=username).first()
    if member is None:
        raise Http404(f"{username[:40]} is not a member of this project.")
    return member


def token_by(user: User, pk: int) -> Token:
    """Return a user's token by its id. Raises Http404 with a sentence."""
    token = user.tokens.filter(pk=pk).first()
    if token is None:
        raise Http404("You have no such token.")
    return token


def owner_link_open(secret: str) -> bool:
    """Say whether a one-time owner link still waits for its visitor."""
    return OwnerLink.objects.filter(digest=digest_of(secret), used_at=None).exists()


def scheme_used(project: Project) -> list[Grade]:
    """Return a project's grades, worst first, each with `used`: whether judgments have it."""
    judged = Grade.objects.filter(pk=OuterRef("pk"), judgments__isnull=False)
    return list(project.grades.annotate(used=Exists(judged)).order_by("value"))


def project_contents(project: Project) -> list[tuple[str, int]]:
    """Return (kind, number) of what goes with a project, the dearest first."""
    versions = project.rerankers.aggregate(n=Count("versions"))["n"]
    numbers = [
        ("judgment or imported label", "judgments and imported labels", project.judgments.count()),
        ("query", "queries", project.queries.count()),
        ("snapshot", "snapshots", project.snapshots.count()),
        ("preference", "preferences", project.preferences.count()),
        ("training job", "training jobs", project.training_jobs.count()),
        ("reranker", "rerankers", project.rerankers.count()),
        ("published version", "published versions", versions),
    ]
    return [(one if n == 1 else many, n) for one, many, n in numbers]
