"""What erasures have touched among the versions: on an erasure's page and on a version's own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import project_for
from accounts.middleware import PageRequest
from annotate.selectors.erasures import erasure_by
from training.selectors.erasures import erasure_versions, project_version, version_redacted


@require_safe
def erasure_versions_shown(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    """The versions that learned from what an erasure took."""
    project = project_for(request.user, slug)
    erasure = erasure_by(project, pk)
    context = {
        "project": project,
        "erasure": erasure,
        "touched": erasure_versions(erasure),
        "section": "projects",
        "tab": "queries",
    }
    name = "_erasure_versions" if request.htmx else "erasure_versions"
    return render(request, f"training/{name}.html", context)


@require_safe
def version_erased(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """How much of what a version was made from is gone; a fragment of its page."""
    project = project_for(request.user, slug)
    version = project_version(project, name, number)
    context = {"project": project, "version": version, "redacted": version_redacted(version)}
    return render(request, "training/_version_erased.html", context)
