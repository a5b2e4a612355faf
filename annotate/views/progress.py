"""How far a project's judging is: a fragment of its overview, and a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for, role_allows
from accounts.middleware import PageRequest
from annotate.selectors.progress import project_progress


@require_safe
def progress(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    context = {
        "project": member.project,
        "progress": project_progress(member.project),
        "may_judge": role_allows(member.role, Right.JUDGE),
        "section": "projects",
        "tab": "overview",
    }
    template = "annotate/_progress.html" if request.htmx else "annotate/progress.html"
    return render(request, template, context)
