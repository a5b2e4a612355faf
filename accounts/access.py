"""The one access helper: who may do what in which project, for pages and the API alike.

Without membership an identified caller gets 404 and an anonymous one is asked to log in (pages)
or answered 401 (API), exactly as for a project that does not exist. A member whose role does not
reach gets 403, since the project is no secret to them.
"""

from enum import Enum
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.compiled import Compiled
from accounts.models import Member, Project, Role, User

Caller = User | AnonymousUser
_MEMBER: Final = Compiled(
    lambda slug, user: Member.objects.select_related("project").filter(
        project__slug=slug, user_id=user
    ),
    {"slug": "a slug", "user": 1 << 62},
)


class Right(Enum):
    """What a call needs."""

    VIEW = "see this project"
    JUDGE = "judge in this project"
    REVIEW = "review in this project"
    MANAGE = "manage this project"
    OWN = "delete this project or decide who owns it"


_ROLES: Final[dict[Right, tuple[str, ...]]] = {
    Right.VIEW: tuple(Role.values),
    Right.JUDGE: (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR),
    Right.REVIEW: (Role.OWNER, Role.MANAGER, Role.REVIEWER),
    Right.MANAGE: (Role.OWNER, Role.MANAGER),
    Right.OWN: (Role.OWNER,),
}


class LoginRequiredError(Exception):
    """The caller is anonymous: pages send them to the login, the API answers 401."""


def role_allows(role: str, right: Right) -> bool:
    """Say whether a role reaches a right."""
    return role in _ROLES[right]


def project_for(user: Caller, slug: str, right: Right = Right.VIEW) -> Project:
    """Return the project under `slug` if `user` has `right` in it.

    Raises LoginRequiredError for an anonymous caller, Http404 for one who is not a member, and
    PermissionDenied for a member whose role does not reach.
    """
    return member_for(user, slug, right).project


def member_for(user: Caller, slug: str, right: Right = Right.VIEW) -> Member:
    """Return the caller's membership in the project under `slug`; raises as `project_for` does."""
    if not isinstance(user, User):
        raise LoginRequiredError
    member = _MEMBER.first(slug=slug, user=user.pk)
    if member is None:
        raise Http404("There is no such project.")
    member.user = user
    if not role_allows(member.role, right):
        raise PermissionDenied(_refusal(member.role, right))
    member.project.opened_as = member.role
    return member


def role_in(project: Project, user: Caller) -> str:
    """Return the role of a page's visitor, empty for an outsider; known, or asked for once."""
    if project.opened_as is None:
        members = project.members.filter(user=user.pk) if user.pk else project.members.none()
        project.opened_as = members.values_list("role", flat=True).first() or ""
    return project.opened_as


def _refusal(role: str, right: Right) -> str:
    *others, last = (f"{each}s" for each in _ROLES[right])
    who = f"{', '.join(others)} and {last}" if others else last
    article = "an" if role[0] in "aeiou" else "a"
    return f"Only {who} may {right.value}; you are {article} {role} here."
