"""How far a project's judging is, as a page of its own; its overview shows the same."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import project_for


@require_safe
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    context = {"project": project_for(request.user, slug), "section": "projects", "tab": "overview"}
    return render(request, "annotate/progress.html", context)
