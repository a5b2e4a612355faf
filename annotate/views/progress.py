"""How the judging goes: a project's dashboard; its overview shows the beginning of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for, role_allows
from annotate.selectors.checks import sees_counts
from annotate.selectors.dashboard import DEPTHS, dashboard_of


@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    context = {
        "project": member.project,
        "dashboard": dashboard_of(member.project) if sees_counts(member) else None,
        "depths": DEPTHS,
        "sees_judges": role_allows(member.role, Right.MANAGE),
        "section": "projects",
        "tab": "progress",
    }
    return render(request, "annotate/progress/page.html", context)
