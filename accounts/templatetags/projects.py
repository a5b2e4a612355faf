"""What templates ask about the project that a page belongs to."""

from django import template

from accounts.access import Caller, Right, role_allows, role_in
from accounts.models import Project

register = template.Library()


@register.filter
def may_manage(project: Project, user: Caller) -> bool:
    """Say whether a page's visitor manages its project."""
    return role_allows(role_in(project, user), Right.MANAGE)


@register.filter
def may_judge(project: Project, user: Caller) -> bool:
    """Say whether a page's visitor judges in its project."""
    return role_allows(role_in(project, user), Right.JUDGE)


@register.filter
def may_review(project: Project, user: Caller) -> bool:
    """Say whether a page's visitor reviews in its project."""
    return role_allows(role_in(project, user), Right.REVIEW)
